"""The flag that names a scale, apart so that help about it needs nothing else."""

SCALE_FLAG = "--scale"
