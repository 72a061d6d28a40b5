"""Benchmark records are added, never replaced."""

import json
from pathlib import Path

import pytest

from hiface_pl.report.benchmark import finish_benchmark


def test_records_are_appended_and_the_last_line_is_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = finish_benchmark("raster", {"forward_ms": 1.25}, seed=3, folder=tmp_path)
    second = finish_benchmark("raster", {"forward_ms": 1.5}, folder=tmp_path)

    assert first != second
    stored = json.loads(first.read_text())
    assert stored["result"] == {"forward_ms": 1.25}
    assert stored["provenance"]["seed"] == 3
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"forward_ms": 1.5}
