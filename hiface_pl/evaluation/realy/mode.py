"""The two ways to run the protocol."""

from enum import StrEnum


class Mode(StrEnum):
    """`OFFICIAL` agrees with the public evaluator, quirks included; `STRICT` guards what can go wrong there and lists each deviation."""

    OFFICIAL = "official"
    STRICT = "strict"
