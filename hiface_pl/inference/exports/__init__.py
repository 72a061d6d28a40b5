"""Files that other programs read: OBJ, GLB, 16-bit displacement maps, coefficients."""
