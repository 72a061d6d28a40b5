"""Errors of maps and normals against a person whose detail is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.detail.picture_errors import PictureErrors, Quantity
from hiface_pl.evaluation.detail.texel_normals import TexelNormals, angles
from hiface_pl.types import DetailMaps
from tests.evaluation.detail.tiny_set import tiny_truth
from tests.inference.faces import tiny_reconstructor

MAPS = (Quantity.TOTAL, Quantity.STATIC, Quantity.COMPRESSED, Quantity.STRETCHED)


@pytest.fixture(scope="module")
def errors(tiny):
    return PictureErrors(tiny)


def as_map(truth, values):
    return torch.from_numpy(truth.as_map(values))[None, None]


def perfect(errors, truth, picture, face):
    """What a network answers that knows everything."""
    shape = errors._true_shape(truth, picture)
    static = as_map(truth, truth.static)
    poles = as_map(truth, truth.compressed), as_map(truth, truth.stretched)
    detail = DetailMaps(static, as_map(truth, picture.total) - static, *poles)
    return replace(face, shape=shape, detail=detail)


@pytest.fixture
def face(monkeypatch):
    with torch.no_grad():
        return tiny_reconstructor(monkeypatch)(torch.zeros(1, 3, 64, 64))


def test_the_truth_has_no_error(tiny, errors, face):
    truth = tiny_truth(tiny, 1)
    for picture in (truth.pictures[0], truth.pictures[-1]):
        measured = errors.measure(perfect(errors, truth, picture, face), truth, picture)
        assert set(measured) == set(Quantity)
        for name in Quantity:
            assert measured[name].mean > 0.05
            if name != Quantity.COARSE_NORMALS:
                assert measured[name].error < 0.02
        assert measured[Quantity.COARSE_NORMALS].error > 1


def test_what_the_bases_leave_out_is_the_limit(tiny, errors, face):
    truth = tiny_truth(tiny, 1)
    picture = truth.pictures[-1]
    measured = errors.measure(perfect(errors, truth, picture, face), truth, picture)
    for name in MAPS[1:]:
        assert 0.015 < measured[name].limit < 0.025  # noise of 0.02 mm lies outside
    assert 0.015 < measured[Quantity.TOTAL].limit < 0.04
    assert 0 < measured[Quantity.MAP_NORMALS].limit < measured[Quantity.MAP_NORMALS].mean


def test_the_error_is_the_weighted_root_mean_square(tiny, errors, face):
    truth = tiny_truth(tiny, 2)
    picture = truth.pictures[0]
    answer = perfect(errors, truth, picture, face)
    off = as_map(truth, np.linspace(-1, 1, len(truth.texels), dtype=np.float32))
    measured = errors.measure(replace(answer, detail=replace(answer.detail, static=answer.detail.static + off)), truth, picture)
    weights = tiny.detail.mask.ravel()[truth.texels]
    wanted = np.sqrt(np.average(np.linspace(-1, 1, len(weights)) ** 2, weights=weights))
    assert measured[Quantity.STATIC].error == pytest.approx(wanted, rel=1e-4)
    assert measured[Quantity.TOTAL].error == pytest.approx(wanted, rel=1e-4)
    assert measured[Quantity.COMPRESSED].error < 1e-6
    assert measured[Quantity.STATIC].mean == pytest.approx(
        np.sqrt(np.average((truth.static - tiny.detail.static.mean) ** 2, weights=weights)), rel=1e-4
    )


def test_the_place_of_the_face_does_not_count_for_normals(tiny, errors, face):
    truth = tiny_truth(tiny, 1)
    picture = truth.pictures[-1]
    answer = perfect(errors, truth, picture, face)
    turn = torch.tensor([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    moved = replace(answer, shape=replace(answer.shape, expressive=answer.shape.expressive @ turn.T + 5))
    assert errors.measure(moved, truth, picture)[Quantity.NORMALS].error < 0.05


def test_heads_without_poles_have_no_row_for_them(tiny, errors, face):
    truth = tiny_truth(tiny, 1)
    answer = perfect(errors, truth, truth.pictures[0], face)
    measured = errors.measure(replace(answer, detail=DetailMaps(answer.detail.static, answer.detail.dynamic)), truth, truth.pictures[0])
    assert Quantity.STRETCHED not in measured
    assert Quantity.TOTAL in measured


def test_broken_answers_are_told(tiny, errors, face, monkeypatch):
    truth = tiny_truth(tiny, 1)
    answer = perfect(errors, truth, truth.pictures[0], face)
    with pytest.raises(EvaluationError, match="no finite total"):
        errors.measure(replace(answer, detail=replace(answer.detail, static=answer.detail.static * float("nan"))), truth, truth.pictures[0])
    coarse = tiny_reconstructor(monkeypatch, CoarseOnly())(torch.zeros(1, 3, 64, 64))
    with pytest.raises(EvaluationError, match="makes no displacement maps"):
        errors.measure(coarse.detach(), truth, truth.pictures[0])


def test_normals_of_a_slope_tilt_by_its_angle(tiny):
    """A plane with a ramp of 0.1 mm a mm."""
    normals = TexelNormals(tiny)
    plane = torch.from_numpy(tiny.model.mean * np.array([1, 1, 0], np.float32))
    row = tiny.detail.texels // tiny.detail.size
    ramp = torch.from_numpy((0.1 * 190 / 0.9 * (1 - (row + 0.5) / tiny.detail.size)).astype(np.float32))
    flat, tilted = normals(plane), normals(plane, ramp)
    inner = torch.from_numpy(tiny.detail.mask.ravel()[tiny.detail.texels] >= 1)  # the map ends at the mask's rim
    np.testing.assert_allclose(flat[inner], np.tile([0, 0, 1], (int(inner.sum()), 1)), atol=1e-5)
    np.testing.assert_allclose(angles(flat, tilted)[inner], np.degrees(np.arctan(0.1)), atol=0.05)
    assert bool((tilted[inner][:, 1] < 0).all())
