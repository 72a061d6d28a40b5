"""Tables of a matrix inside pages that people write, between two comments that name the table."""

from collections.abc import Sequence
from pathlib import Path

from hiface_pl.errors import EvaluationError
from hiface_pl.matrix.same_data import Line
from hiface_pl.matrix.table import all_cells
from hiface_pl.paths import replacing

BEGIN, END = "<!-- matrix table: {} -->", "<!-- end of matrix table -->"


def fill_page(page: Path, lines: Sequence[Line], scale: str) -> None:
    """Writes the tables that the page names with BEGIN, up to the next END. Raises EvaluationError where it names none, or OutputError."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise EvaluationError(
            f"{page} cannot be read ({error.strerror}): name a Markdown page that has `{BEGIN.format('scans')}`"
        ) from error
    filled, count = filled_text(text, lines, scale)
    if not count:
        raise EvaluationError(f"{page} names no table: put `{BEGIN.format('scans')}` and `{END}` where one belongs")
    with replacing(page) as temporary:
        temporary.write_text(filled, encoding="utf-8")


def filled_text(text: str, lines: Sequence[Line], scale: str) -> tuple[str, int]:
    """The text with its tables, and how many these are. Raises EvaluationError where the end of one is missing."""
    count = 0
    for name, cells in all_cells(lines, scale).items():
        begin = BEGIN.format(name)
        before, *parts = text.split(begin)
        if not all(END in part for part in parts):
            raise EvaluationError(f"after `{begin}` there is no `{END}` in the page: put it where the table ends")
        rests = [part.partition(END)[2] for part in parts]
        text = before + "".join(f"{begin}\n{cells.markdown()}{END}{rest}" for rest in rests)
        count += len(rests)
    return text, count
