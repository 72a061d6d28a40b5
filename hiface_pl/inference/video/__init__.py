"""Faces of a video: followed from frame to frame, made steady, drawn beside the video."""
