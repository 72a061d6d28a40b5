"""The two image sets of the benchmark, which are measured apart."""

from enum import StrEnum


class View(StrEnum):
    """Paper (REALY): 100 frontal images, one a subject, and 400 side views, four a subject."""

    FRONTAL = "frontal"
    SIDE = "side"
