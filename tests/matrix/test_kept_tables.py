"""The tables in the repository are those of the results in it."""

from pathlib import Path

import pytest

from hiface_pl.matrix.filled_pages import filled_text
from hiface_pl.matrix.same_data import same_data
from hiface_pl.matrix.status import records_under

ROOT = Path(__file__).parents[2]
KEPT, PAGE = ROOT / "benchmarks/results/matrix", ROOT / "ablations/README.md"


@pytest.mark.skipif(not KEPT.exists(), reason=f"NO RESULTS ARE KEPT IN {KEPT.name}: the tables of the ablations are not checked")
def test_the_tables_of_the_ablations_are_those_of_the_kept_results() -> None:
    text = PAGE.read_text()
    filled, count = filled_text(text, same_data(records_under(KEPT, "mini"), "mini"), "mini")
    assert count == 4
    assert filled == text
