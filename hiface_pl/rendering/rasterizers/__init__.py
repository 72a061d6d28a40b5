"""rasterizers"""
