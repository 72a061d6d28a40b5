from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.details.displacement_basis import DisplacementBasisMap
from hiface_pl.details.pole_blend import blend
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.details.tension import SplitTension
from hiface_pl.details.texels import MaskTexels
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, DetailMaps
from tests.details.faces import coefficients


class Decoder(torch.nn.Module):
    """Shape decoder and head, as a reconstructor has them."""

    def __init__(self, assets: FaceAssets, head: SDDetail | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.shape, self.head = LinearShape(), head or SDDetail(hidden=(16, 16))
        self.shape.bind(assets)
        self.head.bind(assets)
        for pole in (self.head.g_compressed, self.head.g_stretched):
            torch.nn.init.normal_(pole.output.weight)  # as after training: poles that depend on the person
            for style in pole.styles:
                torch.nn.init.normal_(style.affine.weight, std=0.3)

    def forward(self, given: Coefficients) -> DetailMaps:
        return self.head(given, self.shape(given))


@pytest.fixture(scope="module")
def decoder(tiny: FaceAssets) -> Decoder:
    return Decoder(tiny)


def test_a_neutral_face_has_exactly_its_static_detail(tiny: FaceAssets, decoder: Decoder) -> None:
    given = coefficients(tiny)
    neutral = decoder(replace(given, expression=torch.zeros_like(given.expression)))
    assert torch.equal(neutral.total, neutral.static)
    assert (neutral.dynamic == 0).all()
    assert neutral.compressed is not None
    assert neutral.compressed.abs().max() > 0
    assert decoder(given).dynamic.abs().max() > 1e-3


def test_static_detail_is_the_basis_at_phi(tiny: FaceAssets, decoder: Decoder) -> None:
    given = coefficients(tiny)
    expected = tiny.detail.static.mean + given.static.numpy() @ tiny.detail.static.basis
    maps = decoder(given).static.flatten(1)
    torch.testing.assert_close(maps[:, tiny.detail.texels], torch.from_numpy(expected), rtol=1e-5, atol=1e-5)
    rest = torch.ones(maps.shape[1], dtype=torch.bool)
    rest[tiny.detail.texels] = False
    assert (maps[:, rest] == 0).all()


def test_the_maps_obey_the_blend_and_the_poles_are_residuals(tiny: FaceAssets, decoder: Decoder) -> None:
    maps = decoder(coefficients(tiny))
    assert maps.compressed is not None
    assert maps.stretched is not None
    assert maps.weight_compressed is not None
    assert maps.weight_stretched is not None
    dynamic = maps.weight_compressed * maps.compressed + maps.weight_stretched * maps.stretched
    torch.testing.assert_close(maps.dynamic, dynamic)
    torch.testing.assert_close(maps.total, maps.static + dynamic)
    for weight in (maps.weight_compressed, maps.weight_stretched):
        assert weight.min() == 0
        assert 0 < weight.max() <= 1


def test_another_expression_leaves_static_detail_alone(tiny: FaceAssets, decoder: Decoder) -> None:
    one, other = coefficients(tiny, seed=1), coefficients(tiny, seed=2)
    first, second = decoder(one), decoder(replace(one, expression=other.expression))
    assert torch.equal(first.static, second.static)
    assert (first.dynamic - second.dynamic).abs().max() > 1e-3


def test_another_person_with_the_same_expression_changes_static_detail_and_poles(tiny: FaceAssets, decoder: Decoder) -> None:
    one, other = coefficients(tiny, seed=1), coefficients(tiny, seed=2)
    first, second = decoder(one), decoder(replace(other, expression=one.expression))
    assert (first.static - second.static).abs().max() > 1e-3
    assert first.compressed is not None
    assert second.compressed is not None
    assert (first.compressed - second.compressed).abs().max() > 1e-3


def test_static_coefficients_modulate_the_poles(tiny: FaceAssets, decoder: Decoder) -> None:
    one, other = coefficients(tiny, seed=1), coefficients(tiny, seed=2)
    first, _ = decoder.head.pole_coefficients(one)
    second, _ = decoder.head.pole_coefficients(replace(one, static=other.static))
    assert (first - second).abs().max() > 1e-3


def test_poles_start_near_the_mean_of_their_bases(tiny: FaceAssets) -> None:
    head = SDDetail()
    head.bind(tiny)
    compressed, stretched = head.pole_coefficients(coefficients(tiny, batch=16))
    assert compressed.std() < 0.3
    assert stretched.std() < 0.3


def test_samples_do_not_see_each_other(tiny: FaceAssets, decoder: Decoder) -> None:
    given = coefficients(tiny, batch=3)
    together, alone = decoder(given), decoder(given[1:2])
    torch.testing.assert_close(together.total[1:2], alone.total, rtol=1e-5, atol=1e-6)


def test_texels_and_maps_agree(tiny: FaceAssets) -> None:
    basis = DisplacementBasisMap(tiny.detail, tiny.detail.compressed)
    given = torch.randn(3, len(tiny.detail.compressed.basis))
    assert torch.equal(MaskTexels(tiny.detail).read(basis(given)), basis.at_texels(given))


def test_the_blend_s_gradients_are_those_of_finite_differences() -> None:
    values = [torch.rand(2, 5, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    assert torch.autograd.gradcheck(blend, values)


@pytest.mark.parametrize("split", [False, True])
def test_the_head_s_gradients_are_those_of_finite_differences(tiny: FaceAssets, split: bool) -> None:
    decoder = Decoder(tiny, SDDetail(SplitTension(), hidden=(8,)) if split else None).double()
    given = coefficients(tiny, batch=1, dtype=torch.float64)

    def maps(identity: Tensor, expression: Tensor, static: Tensor) -> Tensor:
        return decoder(replace(given, identity=identity, expression=expression, static=static)).total

    inputs = [0.3 * given.identity, 0.3 * given.expression, given.static]
    assert torch.autograd.gradcheck(maps, [one.requires_grad_() for one in inputs], eps=1e-7, atol=1e-4)


def test_checkpoints_hold_what_was_learned_only(decoder: Decoder) -> None:
    assert all(name.startswith(("head.g_compressed.", "head.g_stretched.")) for name in decoder.state_dict())


def test_coarse_only_has_no_maps(tiny: FaceAssets, decoder: Decoder) -> None:
    head, given = CoarseOnly(), coefficients(tiny)
    head.bind(tiny)
    assert head(given, decoder.shape(given)) is None
