"""Triangle meshes: reading files of any maker, and nearest points on their surfaces."""
