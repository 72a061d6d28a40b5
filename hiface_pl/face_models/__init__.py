"""face_models"""
