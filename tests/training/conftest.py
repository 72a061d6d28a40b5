"""The command line on the tiny suite, inside the test's process."""

from collections.abc import Callable
from pathlib import Path

import pytest

import hiface_pl.reconstructor
from hiface_pl.cli.main import main
from tests.training.suite import tiny_face_assets, write_config

Run = Callable[..., int]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path)


@pytest.fixture
def run(config: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("fit", "--trainer.max_steps", "2")` with the tiny configuration; returns the exit code."""
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)

    def command(verb: str, *arguments: object) -> int:
        monkeypatch.delenv("HIFACE_RUN_FOLDER", raising=False)
        return main([verb, "--config", str(config), *map(str, arguments)])

    return command
