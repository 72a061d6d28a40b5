"""What networks make of the chosen faces, and that it survives being kept."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hiface_pl.details.additive_poles import AdditivePoles
from hiface_pl.details.base import DetailHead
from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.details.decoded_dynamic import DecodedDynamic
from hiface_pl.details.decoded_poles import DecodedPoles
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.details.static_only import StaticOnly
from hiface_pl.details.tension import MeanTension, SplitTension
from hiface_pl.errors import EvaluationError
from hiface_pl.report.matrix_page.drivers import SAMPLES, presets
from hiface_pl.report.matrix_page.reconstructed import reconstructed
from hiface_pl.report.matrix_page.row_faces import STEP, RowFaces
from hiface_pl.report.matrix_page.scene import layer_values
from hiface_pl.report.matrix_page.tension_recipe import TensionRecipe, recipe_of
from hiface_pl.types import Coefficients, Encoded
from tests.inference.faces import tiny_reconstructor
from tests.tiny import tiny_assets

IMAGES = torch.zeros(2, 3, 64, 64)
ABOUT = {"row": "sd1"}


class OwnTension(MeanTension):
    """A kind that no viewer knows."""


def lively(monkeypatch: pytest.MonkeyPatch, head: DetailHead):  # type: ignore[no-untyped-def]
    """A network whose head answers to the expression, which its encoder finds to be 0.4 throughout."""
    torch.manual_seed(0)
    network = tiny_reconstructor(monkeypatch, head)
    for parameter in network.detail.parameters():
        parameter.data.normal_(std=0.2)
    encode = network.encoder.forward

    def smiling(image: torch.Tensor) -> Encoded:
        found = encode(image).coefficients
        return Encoded(replace(found, expression=found.expression + 0.4))

    monkeypatch.setattr(network.encoder, "forward", smiling)
    return network


def total(network, expression: torch.Tensor, share: float) -> np.ndarray:  # type: ignore[no-untyped-def]
    found: Coefficients = network.encoder(IMAGES).coefficients
    detail = network.decode(Encoded(replace(found, expression=share * expression))).detail
    return detail.dynamic.flatten(1)[0].detach().numpy()[network.assets.detail.texels]


@pytest.mark.parametrize("head", [SDDetail(), DecodedPoles()])
def test_heads_that_blend_leave_their_poles_for_every_driver(monkeypatch: pytest.MonkeyPatch, head: DetailHead) -> None:
    network = lively(monkeypatch, head)
    faces = reconstructed(network, IMAGES, ABOUT)
    assert set(faces.layers) == {"static", "compressed", "stretched"}
    assert faces.tension == TensionRecipe("mean", 8.0, 4.0, 0.01, 2)
    assets = network.assets
    preset = torch.from_numpy(presets(assets.model)[0].weights).expand(2, -1)
    for driver, expression in enumerate((torch.full((2, 4), 0.4), preset)):
        poles = [layer_values(faces.layers[name], name, 0, assets)[driver] for name in ("compressed", "stretched")]
        shape = network.shape(replace(network.encoder(IMAGES).coefficients, expression=expression))
        blended = sum(weight[0].detach().numpy() * pole for weight, pole in zip(network.detail.poles.weights(shape), poles, strict=True))
        assert np.abs(blended).max() > 0.01
        assert np.abs(blended - total(network, expression, 1.0)).max() < 1e-5


@pytest.mark.parametrize("head", [DecodedDynamic(), AdditivePoles(), SDDetail(OwnTension())])
def test_other_heads_leave_samples(monkeypatch: pytest.MonkeyPatch, head: DetailHead) -> None:
    network = lively(monkeypatch, head)
    faces = reconstructed(network, IMAGES, ABOUT)
    assert set(faces.layers) == {"static", "dynamic"}
    assert faces.tension is None
    assert faces.layers["dynamic"].values.shape == (2, len(SAMPLES), len(network.assets.detail.texels))
    for number, sample in enumerate(SAMPLES):
        known = presets(network.assets.model)
        expression = torch.full((2, 4), 0.4) if sample.preset is None else torch.from_numpy(known[sample.preset].weights).expand(2, -1)
        assert np.allclose(faces.layers["dynamic"].values[0, number], total(network, expression, sample.share), atol=1e-6)


def test_coarse_shape_alone_has_no_maps_and_static_detail_no_dynamic_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reconstructed(tiny_reconstructor(monkeypatch, CoarseOnly()), IMAGES, ABOUT).layers == {}
    faces = reconstructed(lively(monkeypatch, StaticOnly()), IMAGES, ABOUT)
    assert faces.layers["static"].spanned
    assert not faces.layers["dynamic"].values.any()


def test_tension_is_described_by_its_numbers() -> None:
    assert recipe_of(SDDetail(SplitTension(gain_compressed=3.0, smoothing=1))) == TensionRecipe("split", 3.0, 4.0, 0.01, 1)
    assert recipe_of(StaticOnly()) is None


def test_files_keep_coefficients_exactly_and_maps_to_half_a_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for head in (SDDetail(), DecodedDynamic()):
        faces = reconstructed(lively(monkeypatch, head), IMAGES, ABOUT)
        again = RowFaces.read(faces.write(tmp_path / "faces.npz"))
        assert (again.identity == faces.identity).all()
        assert (again.about, again.tension) == (faces.about, faces.tension)
        for name, layer in faces.layers.items():
            assert np.abs(again.layers[name].values - layer.values).max() <= (0 if layer.spanned else STEP / 2 + 1e-6)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    for content in (b"no archive", b""):
        path.write_bytes(content)
        with pytest.raises(EvaluationError, match="cannot be read as faces of a row"):
            RowFaces.read(path)
    np.savez(path, head=np.frombuffer(b'{"format": 99}', np.uint8))
    with pytest.raises(EvaluationError, match="format 99, not 1"):
        RowFaces.read(path)


def test_presets_are_those_units_that_the_model_has() -> None:
    found = presets(tiny_assets().model)
    assert [preset.name for preset in found] == ["smile", "brow raise"]
    assert found[0].weights.tolist() == pytest.approx([0, 0.85, 0.85, 0])
