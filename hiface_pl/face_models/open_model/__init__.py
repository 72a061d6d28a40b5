"""Builds the open face model from its CC0 sources: one step a file."""
