"""What is shown of work between training steps."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from hiface_pl.training.progress import BarProgress, LineProgress, StageProgress


def test_lines_come_every_so_often_and_only_where_enabled(capsys: pytest.CaptureFixture[str]) -> None:
    quick, slow = LineProgress(every=0.0), LineProgress(every=60.0)
    for done in range(3):
        quick.show("measuring scans", done, 2)
        slow.show("measuring scans", done, 2)
    assert capsys.readouterr().out.splitlines() == ["measuring scans: 1 of 2", "measuring scans: 2 of 2"]
    quick.disable()
    quick.show("measuring scans", 2, 2)
    assert capsys.readouterr().out == ""


def test_a_stage_has_a_bar_while_it_lasts() -> None:
    bar, text = BarProgress(), io.StringIO()
    assert isinstance(bar, StageProgress)
    bar.show("reconstructing", 0, 2)
    bar.progress = Progress(console=Console(file=text, force_terminal=True))
    for done in (0, 1):
        bar.show("reconstructing", done, 2)
    assert [(task.description, task.completed, task.total) for task in bar.progress.tasks] == [("reconstructing", 1, 2)]
    bar.show("reconstructing", 2, 2)
    assert bar.progress.tasks == []
