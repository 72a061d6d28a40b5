"""The version of the protocol's code."""

PROTOCOL = 1
"""Goes up whenever a number of `official` or `strict` mode changes by more than rounding. Results carry it."""
