"""Real photos as a store of checked samples."""
