"""The four face regions that REALY measures, in the order of its result files."""

from enum import StrEnum


class Region(StrEnum):
    """A part of a scan that is cut out, aligned and measured on its own."""

    NOSE = "nose"
    MOUTH = "mouth"
    FOREHEAD = "forehead"
    CHEEK = "cheek"
