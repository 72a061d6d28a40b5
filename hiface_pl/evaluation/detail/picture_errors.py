"""What is wrong with the detail that a network reads off one image of a person whose true detail is known."""

import math
from enum import StrEnum
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.data.open_scans.truth import ScanTruth, TruePicture
from hiface_pl.details.pole_blend import blend
from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.alignment import align_rigid
from hiface_pl.evaluation.detail.texel_normals import TexelNormals, mean_angle
from hiface_pl.evaluation.truth import MapTruth, TotalTruth
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import DetailMaps, Reconstruction, Shape


class Quantity(StrEnum):
    """What is measured. Maps: root mean square over the detail mask; normals: mean angle to those of the true detailed surface there."""

    TOTAL = "total"
    STATIC = "static"
    COMPRESSED = "compressed"
    STRETCHED = "stretched"
    NORMALS = "normals"
    COARSE_NORMALS = "coarse_normals"
    MAP_NORMALS = "map_normals"


class Error(NamedTuple):
    """An error, that of the mean face's answer, and what no coefficients of the bases go below (None where that is not known)."""

    error: float
    mean: float
    limit: float | None = None


Maps = dict[Quantity, Float[Tensor, " n"]]


class PictureErrors:
    """Compares reconstructions with the truth about one person. Bound to one face model."""

    def __init__(self, assets: FaceAssets) -> None:
        self.assets = assets
        detail = assets.detail
        bases = {Quantity.STATIC: detail.static, Quantity.COMPRESSED: detail.compressed, Quantity.STRETCHED: detail.stretched}
        self.kinds = {name: MapTruth(assets, basis) for name, basis in bases.items()}
        self.solvers = {name: _normal_equations(kind) for name, kind in self.kinds.items()}
        self.blend = TotalTruth(assets).blend
        self.normals = TexelNormals(assets)
        self.mean, self.face = torch.from_numpy(assets.model.mean), torch.from_numpy(assets.regions.face)
        self.expressions = torch.from_numpy(assets.model.expression_basis)

    @torch.no_grad()
    def measure(self, face: Reconstruction, truth: ScanTruth, picture: TruePicture) -> dict[Quantity, Error]:
        """All errors of one reconstruction (a batch of one, on the CPU). Raises EvaluationError where it has no detail or no numbers."""
        detail = _detail(face)
        shape = self._true_shape(truth, picture)
        true = self._true_maps(truth, picture)
        limit = self._limit(true, shape)
        predicted = self._predicted(detail)
        errors = {name: self._map_error(name, values, true[name], limit[name]) for name, values in predicted.items()}
        errors |= self._normal_errors(face, predicted[Quantity.TOTAL], shape.expressive[0], true[Quantity.TOTAL], limit[Quantity.TOTAL])
        broken = [name for name, error in errors.items() if not math.isfinite(error.error)]
        if broken:
            raise EvaluationError(f"the network's answer to {picture.path} has no finite {broken[0]}: look at its training log")
        return errors

    def static(self, face: Reconstruction) -> Float[Tensor, " n"]:
        """The predicted D_sta over the texels, mm."""
        return self.kinds[Quantity.STATIC].read(_detail(face).static)[0]

    def _true_shape(self, truth: ScanTruth, picture: TruePicture) -> Shape:
        neutral = torch.from_numpy(truth.neutral)
        expressive = neutral + torch.einsum("k,kvc->vc", torch.from_numpy(picture.expression), self.expressions)
        return Shape(neutral[None], expressive[None])

    def _true_maps(self, truth: ScanTruth, picture: TruePicture) -> Maps:
        arrays = {Quantity.TOTAL: picture.total} | {name: getattr(truth, name) for name in self.kinds}
        return {name: torch.from_numpy(values) for name, values in arrays.items()}

    def _limit(self, true: Maps, shape: Shape) -> Maps:
        """The nearest maps that the bases hold, blended by the tension of the true shape."""
        held = {name: kind((self.solvers[name] @ (true[name] - kind.mean).double()).float()[None])[0] for name, kind in self.kinds.items()}
        compressed, stretched = (weights[0] for weights in self.blend.weights(shape))
        dynamic = blend(held[Quantity.COMPRESSED], held[Quantity.STRETCHED], compressed, stretched)
        return held | {Quantity.TOTAL: held[Quantity.STATIC] + dynamic}

    def _predicted(self, detail: DetailMaps) -> Maps:
        maps = {Quantity.TOTAL: detail.total} | {name: getattr(detail, name) for name in self.kinds}
        return {name: self.kinds[Quantity.STATIC].read(values)[0] for name, values in maps.items() if values is not None}

    def _map_error(self, name: Quantity, predicted: Tensor, true: Tensor, limit: Tensor) -> Error:
        """The mean face shows the mean static map and nothing else."""
        kind = self.kinds.get(name, self.kinds[Quantity.STATIC])
        return Error(*(float(kind.rms((guess - true)[None])) for guess in (predicted, kind.mean, limit)))

    def _normal_errors(self, face: Reconstruction, predicted: Tensor, shape: Tensor, true: Tensor, limit: Tensor) -> dict[Quantity, Error]:
        """Normals are compared after the predicted surface was turned onto the true one: over the face mask, rigidly."""
        weights = self.kinds[Quantity.STATIC].weights
        aim, flat = self.normals(shape, true), self.kinds[Quantity.STATIC].mean
        guess, mean = (align_rigid(mesh[None], shape[None], self.face)[0] for mesh in (face.shape.expressive[0], self.mean))

        def off(surface: Tensor, values: Tensor | None) -> float:
            return mean_angle(self.normals(surface, values), aim, weights)

        return {
            Quantity.NORMALS: Error(off(guess, predicted), off(mean, flat)),
            Quantity.COARSE_NORMALS: Error(off(guess, None), off(mean, None)),
            Quantity.MAP_NORMALS: Error(off(shape, predicted), off(shape, flat), off(shape, limit)),
        }


def _detail(face: Reconstruction) -> DetailMaps:
    if face.detail is None:
        raise EvaluationError("this network makes no displacement maps: `hiface-pl evaluate realy` measures its coarse meshes")
    return face.detail


def _normal_equations(kind: MapTruth) -> Float[Tensor, "k n"]:
    """What takes a map over the texels to the coefficients with the least weighted error."""
    basis = kind.basis.double()
    weighted = basis * kind.weights
    return torch.linalg.solve(weighted @ basis.T, weighted)
