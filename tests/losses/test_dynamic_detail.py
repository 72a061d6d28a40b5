"""L_detail of every head: from coefficients, from maps, with wrinkles outside the bases, and of the dynamic map as a whole."""

from dataclasses import replace

import pytest
import torch

from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension
from hiface_pl.errors import ConfigError
from hiface_pl.losses.base import Loss
from hiface_pl.losses.detail import CompressedDetailLoss, MapLoss, StaticDetailLoss, StretchedDetailLoss
from hiface_pl.losses.dynamic_detail import DynamicDetailLoss
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import DetailCoefficients, DetailMaps, FaceBatch, Wanted
from tests.losses.faces import batch_of, perfect
from tests.tiny import tiny_assets

ASSETS = tiny_assets()
TEXELS = torch.from_numpy(ASSETS.detail.texels).long()
MASK = torch.from_numpy(ASSETS.detail.mask.ravel()[ASSETS.detail.texels])
PARTS = {StaticDetailLoss: "static", CompressedDetailLoss: "compressed", StretchedDetailLoss: "stretched"}


def bound(kind: type[Loss]) -> Loss:
    term = kind()
    term.bind(ASSETS)
    return term


def true_maps(batch: FaceBatch) -> DetailMaps:
    """What the labels stand for, without what lies beyond the bases."""
    shape, blend = LinearShape(), PoleBlend(MeanTension())
    shape.bind(ASSETS)
    blend.bind(ASSETS)
    labels = batch.labels
    return blend(labels.coefficients.static, labels.compressed, labels.stretched, shape(labels.coefficients))


def outside(batch: FaceBatch) -> FaceBatch:
    residual = 0.1 * torch.randn(3, 3, len(TEXELS), generator=torch.Generator().manual_seed(3))
    return replace(batch, labels=replace(batch.labels, residual=residual))


def shifted(maps: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    flat = maps.flatten(1).clone()
    flat[:, TEXELS] += values
    return flat.view_as(maps)


def test_the_dynamic_map_of_the_labels_costs_nothing_and_a_tenth_of_a_millimetre_costs_that() -> None:
    batch, term = batch_of(ASSETS), bound(DynamicDetailLoss)
    maps = true_maps(batch)
    assert maps.dynamic.abs().max() > 1e-2
    exact = replace(perfect(ASSETS, batch), detail=maps)
    torch.testing.assert_close(term(exact, batch).value, torch.zeros(3), atol=1e-5, rtol=0)
    off = replace(exact, detail=replace(maps, dynamic=shifted(maps.dynamic, torch.full((3, len(TEXELS)), 0.1))))
    torch.testing.assert_close(term(off, batch).value, torch.full((3,), 0.1), rtol=1e-4, atol=1e-6)


def test_the_dynamic_map_is_compared_with_the_blend_of_whole_poles_where_wrinkles_lie_outside() -> None:
    batch = outside(batch_of(ASSETS))
    maps, (_, compressed, stretched) = true_maps(batch), batch.labels.residual.unbind(dim=1)
    weights = (weight.flatten(1)[:, TEXELS] for weight in (maps.weight_compressed, maps.weight_stretched))
    added = sum(weight * beyond for weight, beyond in zip(weights, (compressed, stretched), strict=True))
    whole = replace(perfect(ASSETS, batch), detail=replace(maps, dynamic=shifted(maps.dynamic, added)))
    term = bound(DynamicDetailLoss)
    torch.testing.assert_close(term(whole, batch).value, torch.zeros(3), atol=1e-5, rtol=0)
    assert (term(replace(whole, detail=maps), batch).value > 1e-3).all()


def test_the_dynamic_loss_asks_for_maps_and_is_told_where_there_are_none() -> None:
    batch, term = batch_of(ASSETS), bound(DynamicDetailLoss)
    assert Wanted.MAPS in term.needs
    with pytest.raises(ConfigError, match="DynamicDetailLoss needs a detail head"):
        term(replace(perfect(ASSETS, batch), detail=None), batch)


@pytest.mark.parametrize("kind", list(PARTS))
def test_labels_outside_the_basis_count_whole_from_coefficients_as_from_maps(kind: type[MapLoss]) -> None:
    batch, term = outside(batch_of(ASSETS)), bound(kind)
    labels, name = batch.labels, PARTS[kind]
    code = (labels.coefficients.static if name == "static" else getattr(labels, name)) + 0.4 * torch.randn(3, 5)
    guess = code.requires_grad_()
    basis = getattr(ASSETS.detail, name)
    values = torch.from_numpy(basis.mean) + guess @ torch.from_numpy(basis.basis)
    maps = perfect(ASSETS, batch).detail
    drawn = torch.zeros(3, ASSETS.detail.size**2).index_add(1, TEXELS, values).view_as(maps.static)
    through_maps = term(replace(perfect(ASSETS, batch), detail=replace(maps, **{name: drawn})), batch).value
    codes = DetailCoefficients(**{name: guess})
    through_numbers = term(replace(perfect(ASSETS, batch), detail=None, spanned=codes), batch).value
    torch.testing.assert_close(through_numbers, through_maps, rtol=1e-3, atol=1e-5)
    gradients = (torch.autograd.grad(value.sum(), guess, retain_graph=True)[0] for value in (through_numbers, through_maps))
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-5)
    whole = replace(maps, **{name: shifted(getattr(maps, name), labels.residual[:, kind.row])})
    torch.testing.assert_close(term(replace(perfect(ASSETS, batch), detail=whole), batch).value, torch.zeros(3), atol=1e-5, rtol=0)


def test_a_head_that_spans_some_of_its_maps_is_compared_by_the_others_maps() -> None:
    """SD-3: poles from bases, the static map from a decoder."""
    batch = batch_of(ASSETS)
    maps, labels = true_maps(batch), batch.labels
    moved = replace(maps, static=maps.static + 0.2, spanned=DetailCoefficients(None, labels.compressed, labels.stretched))
    found = replace(perfect(ASSETS, batch), detail=moved, spanned=moved.spanned)
    torch.testing.assert_close(bound(StaticDetailLoss)(found, batch).value, torch.full((3,), 0.2), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(bound(CompressedDetailLoss)(found, batch).value, torch.zeros(3), atol=1e-5, rtol=0)
