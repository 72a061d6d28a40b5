"""The viewer in the package is built from the sources in viewer/, and brings what it needs."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

SOURCES = Path(__file__).parents[3] / "viewer"
BUILT = files("hiface_pl.report.matrix_page") / "data" / "viewer.min.js"


def test_it_is_built_from_these_sources() -> None:
    """`make viewer` builds it anew."""
    digest = hashlib.sha256()
    for name in ("build.js", "package.json", "package-lock.json", *sorted(f"src/{path.name}" for path in (SOURCES / "src").iterdir())):
        digest.update(f"{name}\n".encode() + (SOURCES / name).read_bytes())
    found = re.match(r"/\* hiface_pl viewer, .* sources ([0-9a-f]{16}) \*/", BUILT.read_text(encoding="utf-8"))
    assert found
    assert found[1] == digest.hexdigest()[:16]


def test_it_is_small_asks_nobody_and_brings_its_licence() -> None:
    text = BUILT.read_text(encoding="utf-8")
    assert len(text) < 700_000
    assert set(re.findall(r"https?://[\w./-]+", text)) <= {"http://www.w3.org/1999/xhtml"}
    assert "resolved" not in (SOURCES / "package-lock.json").read_text()
    licence = (files("hiface_pl.report.matrix_page") / "data" / "viewer.licence.txt").read_text()
    assert "The MIT License" in licence
    assert "three.js authors" in licence
