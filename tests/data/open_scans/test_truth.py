from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from hiface_pl.data.open_scans.layout import truth_path
from hiface_pl.data.open_scans.truth import pack_truth, read_truth
from hiface_pl.errors import EvaluationError
from tests.data.open_scans.fakes import fake_truth


def same(a, b):
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)


def written(folder, content):
    path = folder / truth_path(3)
    path.parent.mkdir()
    path.write_bytes(content)
    return folder


def test_what_is_written_is_read_back(tmp_path):
    truth = fake_truth(3)
    again = read_truth(written(tmp_path, pack_truth(truth)), 3)
    assert same(again, truth)
    assert not same(again, fake_truth(4))
    assert pack_truth(truth) == pack_truth(again)
    assert [len(again.of_kind(kind)) for kind in ("frontal", "side", "expression")] == [1, 4, 2]
    assert again.of_kind("frontal")[0].total is again.static


def test_the_scan_frame_goes_there_and_back():
    frame, points = fake_truth().frame, np.random.default_rng(0).normal(0, 50, (9, 3))
    scan = frame.to_scan(points)
    np.testing.assert_allclose(frame.to_model(scan), points, atol=1e-10)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1) / np.linalg.norm(np.diff(scan, axis=0), axis=1)
    np.testing.assert_allclose(lengths, frame.millimetres)


def test_maps_fill_the_texels_of_the_detail_mask():
    truth = fake_truth()
    full = truth.as_map(truth.static)
    np.testing.assert_array_equal(full.ravel()[truth.texels], truth.static)
    assert np.count_nonzero(full) == len(truth.texels)


def test_missing_and_damaged_truth_is_said(tmp_path):
    with pytest.raises(EvaluationError, match=r"no .*truth/3\.npz.*hiface-pl data open-scans"):
        read_truth(tmp_path, 3)
    with pytest.raises(EvaluationError, match=r"3\.npz is damaged"):
        read_truth(written(tmp_path, pack_truth(fake_truth(3))[:-400]), 3)
