"""What a synthetic sample's labels say about shape and detail, over the vertices and texels that are measured."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.data.crop import Crop
from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension, Tension
from hiface_pl.face_models.face_assets import DisplacementBasis, FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import DetailMaps, Labels, Shape


class ShapeTruth(nn.Module):
    """Neutral shapes and expression offsets from coefficients, over the vertices of the face mask M_ver."""

    def __init__(self, assets: FaceAssets) -> None:
        super().__init__()
        measured = np.flatnonzero(assets.regions.face > 0)
        model = assets.model
        self.vertices = _buffer(self, "vertices", measured)
        self.weights = _buffer(self, "weights", assets.regions.face[measured])
        self.mean = _buffer(self, "mean", model.mean[measured])
        self.identity_basis = _buffer(self, "identity_basis", model.identity_basis[:, measured])
        self.expression_basis = _buffer(self, "expression_basis", model.expression_basis[:, measured])
        self.mean_landmarks = _buffer(self, "mean_landmarks", _centred_landmarks(assets))

    def neutral(self, identity: Float[Tensor, "b ki"]) -> Float[Tensor, "b n 3"]:
        """S_mean + B_id beta, model frame, mm. Paper: coarse shape."""
        return self.mean + torch.einsum("bk,knc->bnc", identity, self.identity_basis)

    def expression(self, weights: Float[Tensor, "b ke"]) -> Float[Tensor, "b n 3"]:
        """B_exp xi, mm. Paper: coarse shape."""
        return torch.einsum("bk,knc->bnc", weights, self.expression_basis)


class MapTruth(nn.Module):
    """One displacement map from its coefficients over the texels of the detail mask, with the mask as weights."""

    def __init__(self, assets: FaceAssets, basis: DisplacementBasis) -> None:
        super().__init__()
        self.texels = _buffer(self, "texels", assets.detail.texels.astype(np.int64))
        self.weights = _buffer(self, "weights", assets.detail.mask.reshape(-1)[assets.detail.texels])
        self.mean = _buffer(self, "mean", basis.mean)
        self.basis = _buffer(self, "basis", basis.basis)

    def forward(self, coefficients: Float[Tensor, "b k"]) -> Float[Tensor, "b n"]:
        """D = mean + c B over the texels, mm. Paper: displacement basis."""
        return self.mean + coefficients @ self.basis

    def read(self, maps: Float[Tensor, "b 1 r r"]) -> Float[Tensor, "b n"]:
        """The same texels of a predicted map."""
        return maps.flatten(1)[:, self.texels]

    def rms(self, difference: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Weighted root mean square of each row, mm."""
        return (difference.square() @ self.weights / self.weights.sum()).sqrt()


class TotalTruth(nn.Module):
    """D = D_sta + D_dyn of labels: the poles blended by the tension of the true shape, as the generator does it."""

    def __init__(self, assets: FaceAssets, tension: Tension | None = None) -> None:
        super().__init__()
        self.shape = LinearShape()
        self.blend = PoleBlend(tension or MeanTension())
        self.shape.bind(assets)
        self.blend.bind(assets)

    def forward(self, labels: Labels) -> DetailMaps:
        """All maps that the labels stand for, mm; rows without labels mean nothing."""
        shape: Shape = self.shape(labels.coefficients)
        maps: DetailMaps = self.blend(labels.coefficients.static, labels.compressed, labels.stretched, shape)
        return maps


def _buffer(module: nn.Module, name: str, array: np.ndarray) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    module.register_buffer(name, tensor, persistent=False)
    return tensor


def _centred_landmarks(assets: FaceAssets) -> np.ndarray:
    """The mean face's landmarks, frontal and in the crop's middle, in crop widths: parallel projection is close enough for a baseline."""
    points = assets.model.keypoints68.on(assets.model.mean)[:, :2] * np.array([1, -1], dtype=np.float32)
    return Crop.around(points).to_crop(points).astype(np.float32)
