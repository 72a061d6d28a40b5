"""The heads beside the full one: what each leaves out or decodes, and what all of them keep."""

from dataclasses import replace

import pytest
import torch

from hiface_pl.details.additive_poles import AdditivePoles
from hiface_pl.details.base import DetailHead
from hiface_pl.details.decoded_dynamic import DecodedDynamic
from hiface_pl.details.decoded_poles import DecodedPoles
from hiface_pl.details.decoded_static import DecodedStatic
from hiface_pl.details.dynamic_only import DynamicOnly
from hiface_pl.details.map_decoder import MapDecoder
from hiface_pl.details.predicted_poles import PredictedPoles
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.details.static_only import StaticOnly
from hiface_pl.details.texels import MaskTexels
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, DetailMaps
from tests.details.faces import coefficients

ALL = (SDDetail, DecodedDynamic, DecodedPoles, DecodedStatic, DynamicOnly, StaticOnly, AdditivePoles)
BLENDING = (SDDetail, DecodedPoles, DecodedStatic, DynamicOnly)


def learned(kind: type[DetailHead], assets: FaceAssets) -> DetailHead:
    """A head as after some training: its last layers are not near zero any more."""
    torch.manual_seed(0)
    head = kind()
    head.bind(assets)
    for part in head.modules():
        if isinstance(part, MapDecoder):
            torch.nn.init.normal_(part.texels_of_a_cell.weight, std=0.3)
    if isinstance(head, PredictedPoles):
        for pole in (head.g_compressed, head.g_stretched):
            torch.nn.init.normal_(pole.output.weight)
            for style in pole.styles:
                torch.nn.init.normal_(style.affine.weight, std=0.3)
    return head


def maps_of(head: DetailHead, assets: FaceAssets, given: Coefficients) -> DetailMaps:
    shape = LinearShape()
    shape.bind(assets)
    return head(given, shape(given))


def neutral(given: Coefficients) -> Coefficients:
    return replace(given, expression=torch.zeros_like(given.expression))


def differ(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).abs().max() > 1e-3)


@pytest.mark.parametrize("kind", ALL)
def test_maps_stay_inside_the_mask_and_samples_do_not_see_each_other(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    head, given = learned(kind, tiny), coefficients(tiny, batch=3)
    together = maps_of(head, tiny, given)
    off = torch.ones(tiny.detail.size**2, dtype=torch.bool)
    off[tiny.detail.texels] = False
    assert (together.total.flatten(1)[:, off] == 0).all()
    torch.testing.assert_close(together.total[1:2], maps_of(head, tiny, given[1:2]).total, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", BLENDING)
def test_a_neutral_face_of_heads_that_blend_has_exactly_its_static_detail(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    head, given = learned(kind, tiny), coefficients(tiny)
    still = maps_of(head, tiny, neutral(given))
    assert torch.equal(still.total, still.static)
    assert still.compressed is not None
    assert still.compressed.abs().max() > 1e-3
    assert maps_of(head, tiny, given).dynamic.abs().max() > 1e-3


@pytest.mark.parametrize("kind", [SDDetail, DecodedPoles, DecodedStatic])
def test_heads_that_blend_obey_the_blend(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    maps = maps_of(learned(kind, tiny), tiny, coefficients(tiny))
    expected = maps.weight_compressed * maps.compressed + maps.weight_stretched * maps.stretched
    torch.testing.assert_close(maps.dynamic, expected)


def test_what_the_variants_leave_out(tiny: FaceAssets) -> None:
    given = coefficients(tiny)
    assert (maps_of(learned(DynamicOnly, tiny), tiny, given).static == 0).all()
    assert (maps_of(learned(StaticOnly, tiny), tiny, given).dynamic == 0).all()
    direct = maps_of(learned(DecodedDynamic, tiny), tiny, given)
    assert direct.compressed is None
    assert direct.weight_compressed is None
    additive = maps_of(learned(AdditivePoles, tiny), tiny, given)
    torch.testing.assert_close(additive.dynamic, additive.compressed + additive.stretched)
    assert additive.weight_stretched is None


@pytest.mark.parametrize("kind", [SDDetail, DecodedDynamic, DecodedPoles, StaticOnly, AdditivePoles])
def test_static_detail_comes_from_the_basis(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    given = coefficients(tiny)
    expected = torch.from_numpy(tiny.detail.static.mean + given.static.numpy() @ tiny.detail.static.basis)
    torch.testing.assert_close(
        MaskTexels(tiny.detail).read(maps_of(learned(kind, tiny), tiny, given).static), expected, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("kind", [DecodedDynamic, DecodedPoles])
@pytest.mark.parametrize("field", ["identity", "expression", "static"])
def test_decoded_dynamic_detail_listens_to_all_three_codes(tiny: FaceAssets, kind: type[DetailHead], field: str) -> None:
    head, one = learned(kind, tiny), coefficients(tiny, seed=1)
    other = replace(one, **{field: getattr(coefficients(tiny, seed=2), field)})
    first, second = maps_of(head, tiny, one), maps_of(head, tiny, other)
    if kind is DecodedDynamic:
        assert differ(first.dynamic, second.dynamic)
    else:
        assert differ(first.compressed, second.compressed)
        assert differ(first.stretched, second.stretched)


def test_decoded_static_detail_listens_to_phi_alone(tiny: FaceAssets) -> None:
    head, one, other = learned(DecodedStatic, tiny), coefficients(tiny, seed=1), coefficients(tiny, seed=2)
    first = maps_of(head, tiny, one)
    assert torch.equal(first.static, maps_of(head, tiny, replace(other, static=one.static)).static)
    assert differ(first.static, maps_of(head, tiny, replace(one, static=other.static)).static)


def test_decoders_start_at_the_map_that_the_basis_starts_at(tiny: FaceAssets) -> None:
    given = replace(coefficients(tiny), static=torch.zeros(2, 5))
    heads = [kind() for kind in (StaticOnly, DecodedStatic, DecodedDynamic)]
    for head in heads:
        head.bind(tiny)
    basis, decoded, direct = (maps_of(head, tiny, given) for head in heads)
    torch.testing.assert_close(decoded.static, basis.static)
    assert (direct.dynamic == 0).all()


@pytest.mark.parametrize("size", [20, 32, 64])
def test_a_decoder_fits_any_map(tiny: FaceAssets, size: int) -> None:
    mask = torch.zeros(size, size)
    mask[3:-3, 2:-4] = 1.0
    texels = mask.flatten().nonzero()[:, 0].numpy().astype("int32")
    bases = replace(tiny.detail, size=size, mask=mask.numpy(), texels=texels)
    decoder = MapDecoder(7, bases)
    assert decoder(torch.randn(2, 7)).shape == (2, len(texels))


def test_a_decoder_learns_a_map_with_furrows(tiny: FaceAssets) -> None:
    torch.manual_seed(0)
    codes, basis = torch.randn(8, 5), torch.from_numpy(tiny.detail.static.basis)
    truth = codes @ basis
    decoder = MapDecoder(5, tiny.detail)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=3e-3)
    for _ in range(150):
        optimizer.zero_grad()
        loss = (decoder(codes) - truth).square().mean()
        loss.backward()
        optimizer.step()
    assert loss < 0.1 * truth.square().mean()


@pytest.mark.parametrize("kind", ALL)
def test_all_maps_as_coefficients_or_none(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    """`spanned` lets a training step leave out maps, so it must not hide one that only `forward` makes."""
    head, given = learned(kind, tiny), coefficients(tiny)
    spanned, maps = head.spanned(given), maps_of(head, tiny, given)
    decoded = any(isinstance(part, MapDecoder) for part in head.modules())
    assert (spanned is None) == decoded
    assert maps.spanned is not None
    bases = {"static": tiny.detail.static, "compressed": tiny.detail.compressed, "stretched": tiny.detail.stretched}
    for name, basis in bases.items():
        code = getattr(maps.spanned, name)
        if spanned is not None:
            assert (getattr(spanned, name) is None) == (code is None)
        if code is not None:
            expected = torch.from_numpy(basis.mean) + code @ torch.from_numpy(basis.basis)
            torch.testing.assert_close(MaskTexels(tiny.detail).read(getattr(maps, name)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ALL)
def test_checkpoints_hold_what_was_learned_only(tiny: FaceAssets, kind: type[DetailHead]) -> None:
    head = learned(kind, tiny)
    assert set(head.state_dict()) == {name for name, _ in head.named_parameters()}
