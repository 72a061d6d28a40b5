import functools
import logging
import multiprocessing

import numpy as np
import pytest

from hiface_pl.errors import OutputError
from hiface_pl.face_models import derive, derive_build
from hiface_pl.face_models.derived_files import read_arrays, read_or_build
from hiface_pl.face_models.open_face import OpenFace


@pytest.fixture(scope="module")
def model():
    return OpenFace(subdivisions=0).load()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A cheap build in an empty HIFACE_HOME."""
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    monkeypatch.setattr(derive_build, "DETAIL_SIZE", 64)
    monkeypatch.setattr(derive_build, "ALBEDO_SUBJECTS", 2)
    monkeypatch.setattr(derive_build, "detail_bases", functools.partial(derive_build.detail_bases, subjects=12, modes=6))
    monkeypatch.setattr(derive_build, "albedo_basis", functools.partial(derive_build.albedo_basis, people=8, modes=4))
    return tmp_path


def test_build_then_read_gives_the_same_assets(model, small, monkeypatch):
    told = []
    built = derive.face_assets(model, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (12, 12)
    monkeypatch.setattr(derive, "_build", lambda *_: pytest.fail("built twice"))
    read = derive.face_assets(model)
    for part in ("regions", "atlas", "detail", "albedo"):
        for name, value in vars(getattr(built, part)).items():
            other = getattr(getattr(read, part), name)
            for left, right in zip(
                (value.mean, value.basis) if hasattr(value, "basis") else (value,),
                (other.mean, other.basis) if hasattr(other, "basis") else (other,),
                strict=True,
            ):
                np.testing.assert_array_equal(left, right)
    assert built.detail.static.basis.shape == (6, len(built.detail.texels))
    assert built.albedo.basis.shape == (4, 3, 32, 32)
    assert derive_build.albedo_layers(model).maps.shape[:3] == (2, 64, 64)


def test_other_bases_have_another_version(model, small):
    """Stores, scans and checkpoints know bases by their version alone: whoever changes what is derived raises derive.VERSION.

    Lengths of the mean and of the first and last mode, and the first mode's sum.
    """
    assets, known = derive.face_assets(model), {}
    detail = assets.detail
    for name, basis in (
        ("static", detail.static),
        ("compressed", detail.compressed),
        ("stretched", detail.stretched),
        ("albedo", assets.albedo),
    ):
        rows = basis.basis.reshape(len(basis.basis), -1).astype(float)
        known[name] = [float(np.linalg.norm(basis.mean)), *np.linalg.norm(rows, axis=1)[[0, -1]], rows[0].sum()]
    expected = {
        "static": [1.4930, 1.5367, 0.33669, 14.590],
        "compressed": [1.3707, 1.3125, 0.46275, 13.856],
        "stretched": [0.89684, 0.95379, 0.12099, 12.307],
        "albedo": [18.148, 6.5412, 0.38796, 351.33],
    }
    assert derive.VERSION == 5
    assert known.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(known[name], values, rtol=1e-3, err_msg=name)


def test_a_build_deep_inside_is_told_to_whoever_asked(model, small):
    told = []
    with derive.building_is_told_to(lambda done, of: told.append((done, of))):
        derive.face_assets(model)
    assert told[-1] == (12, 12)
    with derive.building_is_told_to(lambda *_: pytest.fail("nothing is built")):
        derive.face_assets(model)


def test_damaged_file_is_built_again(model, small, caplog):
    derive_build.albedo_layers(model)
    (path,) = small.rglob("layers.npz")
    whole = path.read_bytes()
    for damage in (whole[:1000], whole[:5000] + bytes(200) + whole[5200:], b"not an archive"):
        path.write_bytes(damage)
        with caplog.at_level(logging.WARNING):
            assert derive_build.albedo_layers(model).maps.shape == (2, 64, 64, 10)
        assert "built again" in caplog.text
        caplog.clear()
        assert path.read_bytes() == whole


def test_home_that_cannot_be_written_is_one_sentence(model, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("HIFACE_HOME", str(blocked / "home"))
    with pytest.raises(OutputError, match="cannot write"):
        derive_build.albedo_layers(model)


def _slow_build(path, log):
    def build():
        with log.open("a") as file:
            file.write("built\n")
        return {"values": np.arange(100_000)}

    read_or_build(path, lambda p: read_arrays(p)["values"].sum(), build)


def test_two_processes_build_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    jobs = [context.Process(target=_slow_build, args=(tmp_path / "x.npz", tmp_path / "log")) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
        assert job.exitcode == 0
    assert (tmp_path / "log").read_text() == "built\n"
    assert not [path.name for path in tmp_path.iterdir() if path.suffix not in {".npz", ".lock", ""}]
