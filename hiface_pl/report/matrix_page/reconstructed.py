"""From a trained network to what the page shows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.errors import EvaluationError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.matrix_page.drivers import SAMPLES, Preset, Sample, presets
from hiface_pl.report.matrix_page.row_faces import Layer, RowFaces
from hiface_pl.report.matrix_page.tension_recipe import TensionRecipe, recipe_of
from hiface_pl.types import Coefficients, DetailMaps, Encoded, Reconstruction

POLES = ("compressed", "stretched")


@torch.no_grad()
def reconstructed(network: Reconstructor, images: Float[Tensor, "f 3 h w"], about: Mapping[str, Any]) -> RowFaces:
    """The faces in the images with their own expression and with the presets. Raises EvaluationError for shapes that are not linear."""
    network = network.cpu().eval()
    coefficients = network.encoder(images).coefficients
    known = presets(network.assets.model)
    own = network.decode(Encoded(coefficients))
    if not own.shape.linear:
        raise EvaluationError("its shape decoder is not linear in the face model's bases, which is all that the page can show")
    layers, recipe = _layers(network, coefficients, own, known)
    return RowFaces(coefficients.identity.numpy(), coefficients.expression.numpy(), layers, recipe, about)


def _layers(
    network: Reconstructor, coefficients: Coefficients, own: Reconstruction, known: Sequence[Preset]
) -> tuple[dict[str, Layer], TensionRecipe | None]:
    if own.detail is None:
        return {}, None
    texels = torch.from_numpy(network.assets.detail.texels).long()
    static = _layer([own.detail], "static", texels)
    recipe = recipe_of(network.detail) if own.detail.weight_compressed is not None else None
    if recipe is None:
        samples = [_detail(network, coefficients, known, sample) for sample in SAMPLES]
        return {"static": static, "dynamic": _layer(samples, "dynamic", texels)}, None
    driven = [own.detail, *(_detail(network, coefficients, known, Sample(number, 1.0)) for number in range(len(known)))]
    return {"static": static} | {name: _layer(driven, name, texels) for name in POLES}, recipe


def _detail(network: Reconstructor, coefficients: Coefficients, known: Sequence[Preset], sample: Sample) -> DetailMaps:
    """The maps under another expression. Paper: static detail stays, dynamic detail follows the driver."""
    driver = (
        coefficients.expression
        if sample.preset is None
        else torch.from_numpy(known[sample.preset].weights).expand_as(coefficients.expression)
    )
    detail = network.decode(Encoded(replace(coefficients, expression=sample.share * driver))).detail
    if detail is None:
        raise EvaluationError(f"{type(network.detail).__name__} makes maps of a face, but none of the same face under another expression")
    return detail


def _layer(maps: Sequence[DetailMaps], name: str, texels: Tensor) -> Layer:
    """Coefficients where a basis spans the map, else its values at the texels."""
    known = [getattr(each.spanned, name, None) for each in maps]
    spanned: list[Tensor] = [each for each in known if each is not None]
    if len(spanned) == len(maps):
        return Layer(torch.stack(spanned, dim=1).numpy().astype(np.float32), spanned=True)
    values = [getattr(each, name).flatten(1)[:, texels] for each in maps]
    return Layer(torch.stack(values, dim=1).numpy().astype(np.float32), spanned=False)
