"""From numbers to coefficients: sizes, default light and the shape of every head, shared by all encoders."""

from dataclasses import astuple, dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.pose_numbers import PoseNumbers
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.lighting import BAND_0, BAND_1
from hiface_pl.types import Coefficients

AMBIENT, FRONTAL = 0.6, 0.3
"""The light at step 0: shading 0.6 + 0.3 n_z. Our choice: the middle of what a lit face shows."""
LEAK = 0.1


@dataclass(frozen=True)
class CoefficientSizes:
    """How many numbers each head predicts; the order is that of the vector an encoder makes."""

    pose: int
    identity: int
    expression: int
    static: int
    albedo: int
    lighting: int = 27

    @classmethod
    def of(cls, assets: FaceAssets) -> "CoefficientSizes":
        """The sizes of one face model's bases."""
        model = assets.model
        return cls(6, len(model.identity_basis), len(model.expression_basis), len(assets.detail.static.basis), len(assets.albedo.basis))

    @property
    def total(self) -> int:
        """The length of the whole vector."""
        return sum(astuple(self))

    @property
    def geometry(self) -> int:
        """The length of its leading part that says where the surface is: pose, identity, expression."""
        return self.pose + self.identity + self.expression


class CoefficientVector(nn.Module):
    """Splits a vector into `Coefficients`. The zero vector is the mean face, frontal, in the middle of the crop, in the default light."""

    light: Tensor

    def __init__(self, assets: FaceAssets) -> None:
        super().__init__()
        self.sizes = CoefficientSizes.of(assets)
        self.pose = PoseNumbers(assets.model)
        self.register_buffer("light", default_light(), persistent=False)

    def forward(self, vector: Float[Tensor, "b n"]) -> Coefficients:
        """The coefficients that the numbers stand for, float32 in any precision: bfloat16 would round a face's place to millimetres."""
        with torch.autocast(vector.device.type, enabled=False):
            return self._split(vector.float())

    def _split(self, vector: Float[Tensor, "b n"]) -> Coefficients:
        pose, identity, expression, static, albedo, lighting = vector.split(list(astuple(self.sizes)), dim=-1)
        return Coefficients(
            identity=identity,
            expression=leaky_unit(expression),
            static=static,
            albedo=albedo,
            lighting=self.light[:, None] + lighting.reshape(-1, 9, 3),
            pose=self.pose.pose(pose),
        )


def zero_linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer that predicts zero until it has learned something."""
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def leaky_unit(values: Tensor) -> Tensor:
    """Keeps expression weights near [0, 1]: slope 1 inside, 0.1 outside.

    Our choice: a sigmoid would need an offset to start from the neutral face, where its slope is nearly zero; a hard clamp has no gradient
    for the units that are slightly below zero, which is half of them at step 0.
    """
    inside = values.clamp(0, 1)
    return inside + LEAK * (values - inside)


def default_light() -> Float[Tensor, " 9"]:
    """The nine bands whose shading is AMBIENT + FRONTAL n_z."""
    bands = torch.zeros(9)
    bands[0], bands[2] = AMBIENT / BAND_0, FRONTAL / BAND_1
    return bands
