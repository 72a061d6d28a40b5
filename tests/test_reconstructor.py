import subprocess
import sys

import pytest
import torch

from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.encoders.pooled import PooledEncoder
from hiface_pl.encoders.weights import Scratch
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, Encoded, Pose, Wanted
from tests.outside.parts import FlatDetail
from tests.tiny import tiny_assets, tiny_model


class Tiny(FaceModelSource):
    def load(self) -> FaceModel:
        return tiny_model()


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hiface_pl.reconstructor.face_assets", lambda model: tiny_assets())

    def made(detail):
        torch.manual_seed(0)
        encoder = PooledEncoder(Scratch(), backbone="mobilenetv3_small_050")
        return Reconstructor(Tiny(), encoder, LinearShape(), detail, Renderer())

    return made


def someone(batch: int = 2) -> Encoded:
    generator = torch.Generator().manual_seed(0)
    assets = tiny_assets()
    sizes = len(assets.model.identity_basis), len(assets.model.expression_names), len(assets.detail.static.basis), len(assets.albedo.basis)
    identity, expression, static, albedo = (torch.rand(batch, size, generator=generator) for size in sizes)
    pose = Pose(torch.full((batch, 3), 0.1), torch.tensor([[0.0, 0.0, -900.0]]).expand(batch, -1))
    return Encoded(Coefficients(identity, expression, static, albedo, torch.ones(batch, 9, 3), pose))


def test_an_image_becomes_the_mean_face_at_step_0(build) -> None:
    found = build(SDDetail())(torch.rand(2, 3, 64, 64))
    torch.testing.assert_close(found.shape.expressive[0], torch.from_numpy(tiny_model().mean))
    torch.testing.assert_close(found.detail.dynamic, torch.zeros_like(found.detail.dynamic))
    torch.testing.assert_close(found.age.exp(), torch.full((2, 81), 1 / 81))
    assert found.rendering is None


def test_coefficients_from_anywhere_become_a_face(build) -> None:
    encoded = someone()
    found = build(SDDetail()).decode(encoded)
    first = encoded.coefficients[:1]
    mesh = tiny_model().vertices(first.identity[0].numpy(), first.expression[0].numpy())
    torch.testing.assert_close(found.shape.expressive[0], torch.from_numpy(mesh), atol=1e-3, rtol=1e-5)
    points = torch.from_numpy(tiny_model().keypoints68.on(mesh))[None]
    torch.testing.assert_close(found.landmarks[:1], project(to_camera(points, first.pose)), atol=1e-5, rtol=1e-5)
    assert found.coefficients is encoded.coefficients


def test_rendering_only_where_asked(build) -> None:
    network = build(SDDetail())
    found = network(torch.rand(1, 3, 48, 48), render=True)
    assert found.rendering.image.shape == (1, 3, 48, 48)
    assert 0.1 < float(found.rendering.mask.mean()) < 0.95
    assert network.decode(someone(1), render_size=32).rendering.image.shape[-1] == 32


def test_what_is_not_wanted_is_not_made(build) -> None:
    network, encoded = build(SDDetail()), someone()
    whole = network.decode(encoded)
    found = network.decode(encoded, wanted=Wanted.DETAIL)
    assert found.detail is None
    assert found.shape.expressive.shape == (2, 0, 3)
    torch.testing.assert_close(found.landmarks, whole.landmarks, rtol=1e-5, atol=1e-6)
    assert whole.spanned is not None
    for name in ("static", "compressed", "stretched"):
        torch.testing.assert_close(getattr(found.spanned, name), getattr(whole.spanned, name))
    assert network.decode(encoded, wanted=Wanted.NOTHING).spanned is None
    assert network.decode(encoded, wanted=Wanted.SHAPE).shape.linear


def test_a_head_of_free_maps_makes_them_where_detail_is_wanted(build) -> None:
    found = build(FlatDetail()).decode(someone(), wanted=Wanted.DETAIL)
    assert found.spanned is None
    assert found.detail is not None


def test_a_coarse_head_has_no_detail_and_still_renders(build) -> None:
    found = build(CoarseOnly()).decode(someone(1), render_size=32)
    assert found.detail is None
    assert found.rendering.mask.any()


def test_the_age_label_reaches_the_static_coefficients(build) -> None:
    network = build(CoarseOnly())
    torch.nn.init.normal_(network.age_head.layers[-1].weight)
    encoded = someone(1)
    encoded.coefficients.static.requires_grad_()
    network.decode(encoded).age[0, 30].backward()
    assert encoded.coefficients.static.grad.any()


def test_lightning_is_not_imported() -> None:
    code = "import sys, hiface_pl.reconstructor; sys.exit('lightning' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
