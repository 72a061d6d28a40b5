"""Second-order spherical-harmonics lighting: nine bands for R, G and B in the camera frame. Paper: gamma.

Bands are real harmonics in the order 1; y, z, x; xy, yz, 3z^2 - 1, xz, x^2 - y^2, orthonormal on the sphere and without sign changes.
A vector of light coefficients already holds the clamped cosine of a Lambertian surface, so that shading is a plain dot product.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

BAND_0 = 0.5 / math.sqrt(math.pi)
BAND_1 = math.sqrt(3 / (4 * math.pi))
BAND_2 = math.sqrt(15 / (4 * math.pi))
BAND_2_ZONAL = math.sqrt(5 / (16 * math.pi))
BAND_2_DIFFERENCE = math.sqrt(15 / (16 * math.pi))

COSINE_LOBE = (math.pi, 2 * math.pi / 3, math.pi / 4)
"""What the clamped cosine does to bands of order 0, 1 and 2 (Ramamoorthi and Hanrahan 2001)."""


Values = TypeVar("Values", Tensor, np.ndarray)


def bands(x: Values, y: Values, z: Values) -> list[Values]:
    """The nine harmonics of unit normals, in the module's order, of tensors or of arrays."""
    return [
        BAND_0 + 0 * x,
        BAND_1 * y,
        BAND_1 * z,
        BAND_1 * x,
        BAND_2 * x * y,
        BAND_2 * y * z,
        BAND_2_ZONAL * (3 * z * z - 1),
        BAND_2 * x * z,
        BAND_2_DIFFERENCE * (x * x - y * y),
    ]


def sh_basis(normals: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 9"]:
    """`bands` as the last axis."""
    return torch.stack(bands(*normals.unbind(dim=-1)), dim=-1)


def shade(normals: Float[Tensor, "b *n 3"], lighting: Float[Tensor, "b 9 3"]) -> Float[Tensor, "b *n 3"]:
    """Irradiance of surfaces with these unit normals in the camera frame, never negative: max(Y(n) gamma, 0)."""
    flat = normals.flatten(1, -2)
    return torch.bmm(sh_basis(flat), lighting).clamp(min=0).reshape(normals.shape)


def directional_light(direction: Sequence[float], colour: Sequence[float] = (1.0, 1.0, 1.0)) -> Float[Tensor, "9 3"]:
    """A distant light from `direction` (towards the light, camera frame, any length): shading is about max(n . d, 0) times the colour."""
    towards = torch.nn.functional.normalize(torch.tensor(direction, dtype=torch.float32), dim=0)
    order = torch.tensor([0, 1, 1, 1, 2, 2, 2, 2, 2])
    lobe = torch.tensor(COSINE_LOBE)[order] * sh_basis(towards)
    return lobe[:, None] * torch.tensor(colour, dtype=torch.float32)


def ambient_light(colour: Sequence[float] = (1.0, 1.0, 1.0)) -> Float[Tensor, "9 3"]:
    """Light that is the same from everywhere: shading is the colour on every surface."""
    lighting = torch.zeros(9, 3)
    lighting[0] = torch.tensor(colour, dtype=torch.float32) / BAND_0
    return lighting
