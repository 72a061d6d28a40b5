"""How good detail is, which REALY does not show: displacement maps, normals, and whether static detail belongs to the person alone."""
