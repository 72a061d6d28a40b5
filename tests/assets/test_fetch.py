"""Assets: found, missing, altered, and what the package client is asked for; no network."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from hiface_pl.assets import fetch as module
from hiface_pl.assets.fetch import fetch, located, open_wheel
from hiface_pl.assets.manifest import MANIFEST, Asset, asset
from hiface_pl.errors import AssetError, ConfigError

CONTENT = b"a small wheel"


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    made = Asset("small", "small-package", "1.0", "small-1.0.whl", module.sha256(path), "CC0", "`hiface-pl nothing`", ("--platform=any",))
    monkeypatch.setattr(module, "asset", lambda _: made)
    return made


def pip(monkeypatch, content=CONTENT, code=0):
    calls = []

    def run(command, **_):
        calls.append(command)
        folder = command[command.index("--dest") + 1]
        if not code:
            Path(folder, "small-1.0.whl").write_bytes(content)
        return subprocess.CompletedProcess(command, code, "", "ERROR: no such host")

    monkeypatch.setattr(module.subprocess, "run", run)
    return calls


def test_fetch_once_and_then_from_the_folder(entry, monkeypatch, tmp_path):
    calls = pip(monkeypatch)
    path = fetch("small")
    assert path == tmp_path / "assets" / "small-1.0.whl"
    assert path.read_bytes() == CONTENT
    assert fetch("small") == located("small") == path
    assert len(calls) == 1
    assert {"download", "--no-deps", "--platform=any", "small-package==1.0"} <= set(calls[0])
    assert [file.name for file in path.parent.iterdir()] == ["small-1.0.whl"]


def test_missing_names_the_command(entry):
    with pytest.raises(AssetError, match=r"pip download --no-deps --platform=any --dest .* small-package==1\.0"):
        located("small")


def test_altered_is_refused(entry, monkeypatch, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "small-1.0.whl").write_bytes(b"other")
    with pytest.raises(AssetError, match="not the original file"):
        located("small")
    pip(monkeypatch)
    assert fetch("small").read_bytes() == CONTENT


def test_other_content_from_the_index_is_refused(entry, monkeypatch, tmp_path):
    pip(monkeypatch, content=b"tampered")
    with pytest.raises(AssetError, match="gave another"):
        fetch("small")
    assert list((tmp_path / "assets").iterdir()) == []


def test_failing_client_is_quoted(entry, monkeypatch):
    pip(monkeypatch, code=1)
    with pytest.raises(AssetError, match=r"no such host.*check the network"):
        fetch("small")


def test_manifest_is_complete():
    assert len({entry.name for entry in MANIFEST}) == len(MANIFEST)
    for entry in MANIFEST:
        assert len(entry.sha256) == 64
        assert entry.version in entry.file
        assert entry.licence
    with pytest.raises(ConfigError, match="makehuman"):
        asset("nothing")


def test_unreadable_wheel(tmp_path):
    (tmp_path / "a.whl").write_bytes(b"no zip")
    with pytest.raises(AssetError, match="not a readable wheel"):
        open_wheel(tmp_path / "a.whl")
    with zipfile.ZipFile(tmp_path / "b.whl", "w") as archive:
        archive.writestr("member", "text")
    with open_wheel(tmp_path / "b.whl") as archive:
        assert archive.read("member") == b"text"
