"""What the exported skin looks like: its albedo texture and its normal map."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from hiface_pl.face_models.face_assets import AlbedoBasis
from hiface_pl.rendering.shading_curve import encode


@dataclass(frozen=True)
class SkinTextures:
    """Albedo, sRGB, and tangent-space normals in the face model's UV layout, row 0 at v = 1."""

    albedo: UInt8[np.ndarray, "r r 3"]
    normals: UInt8[np.ndarray, "n n 3"] | None = None


def albedo_texture(basis: AlbedoBasis, weights: Float32[np.ndarray, " k"]) -> UInt8[np.ndarray, "r r 3"]:
    """A = mean + B_alb alpha, encoded for display. Paper: albedo basis."""
    moved = torch.from_numpy(weights) @ torch.from_numpy(basis.basis[: len(weights)]).flatten(1)
    shown = encode(torch.from_numpy(basis.mean) + moved.unflatten(0, basis.mean.shape)).numpy()
    return np.moveaxis(np.rint(255 * shown), 0, -1).astype(np.uint8)
