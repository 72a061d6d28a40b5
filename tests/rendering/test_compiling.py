"""Compiled code is kept on disk by a digest of its sources."""

from pathlib import Path

import numpy as np
import pytest

from hiface_pl.rendering import compiling
from hiface_pl.rendering.compiling import U, inlined, kernel


@inlined
def _third(values):  # type: ignore[no-untyped-def]
    return values[U(2)]


def _take(values):  # type: ignore[no-untyped-def]
    return _third(values)


def _compiled_now(digest: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How often a new process with these sources would find its code on disk, and how often not."""
    monkeypatch.setattr(compiling, "source_digest", lambda: digest)
    function = kernel(_take)
    assert function(np.arange(5.0)) == 2
    return sum(function.stats.cache_hits.values()), sum(function.stats.cache_misses.values())


def test_another_digest_compiles_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    assert _compiled_now("one", monkeypatch) == (0, 1)
    assert _compiled_now("one", monkeypatch) == (1, 0)
    assert _compiled_now("two", monkeypatch) == (0, 1)


def test_the_digest_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "__file__", str(tmp_path / "compiling.py"))
    digests = set()
    for text in ("a = 1", "a = 2"):
        (tmp_path / "deeper").mkdir(exist_ok=True)
        (tmp_path / "deeper" / "other.py").write_text(text)
        compiling.source_digest.cache_clear()
        digests.add(compiling.source_digest())
    compiling.source_digest.cache_clear()
    assert len(digests) == 2
