"""Names of images and predictions: the subject's number, and behind an underscore that of the side view."""

import re

from hiface_pl.evaluation.realy.view import View

_NAME = re.compile(r"(\d+)(_.+)?")


def subject_of(name: str) -> int | None:
    """12 for `12` and `12_3`, None for a name of another form. Paper (REALY): the integer before the first underscore."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def view_of(name: str) -> View:
    """A name with an underscore is a side view's."""
    return View.SIDE if "_" in name else View.FRONTAL


def row_order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Sorts by subject, then by side view, numbers as numbers: 1_1, 1_2, 2_1, 10_1."""
    subject, _, rest = name.partition("_")
    parts = [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", rest)]
    return int(subject) if subject.isdigit() else -1, parts
