"""Faces without pixels: coefficients, poses and image landmarks, drawn as the generator draws them, thousands a second."""

from dataclasses import dataclass
from itertools import starmap

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.data.crop import RISE, SCALE
from hiface_pl.encoders.dense_surface import DenseSurface
from hiface_pl.encoders.placement import place_in_box
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.rendering.camera import project, rotation_matrix
from hiface_pl.synthesis.expressions import ExpressionSampler
from hiface_pl.synthesis.people import draw_person
from hiface_pl.synthesis.placement import SHIFT, ZOOM, Turn, draw_turn, rotation_vector
from hiface_pl.types import Pose, TensorRecord

WAVELENGTH = 0.08
"""Image widths over which the smooth part of the noise changes. Our choice: neighbouring landmarks err together."""


@dataclass(frozen=True)
class GeometrySample(TensorRecord):
    """A batch of faces before the camera: `points` are their dense points in image widths."""

    identity: Float[Tensor, "b ki"]
    expression: Float[Tensor, "b ke"]
    pose: Pose
    points: Float[Tensor, "b n 2"]


class GeometrySampler:
    """Recombines a pool of people with a pool of expressions and head turns, and places each face anew in the crop.

    Deterministic in the seed. Our choice: drawing 16,000 of each takes seconds, their pairs never repeat.
    """

    def __init__(self, assets: FaceAssets, count: int, pool: int = 16384, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        model = assets.model
        self.surface = DenseSurface(assets, count)
        self.identity = torch.from_numpy(np.stack([draw_person(rng, model).identity for _ in range(pool)]))
        turns = [draw_turn(rng) for _ in range(pool)]
        self.expression = torch.from_numpy(_expressions(rng, model, turns))
        self.rotation = torch.from_numpy(np.stack([rotation_vector(turn.matrix) for turn in turns]))
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, size: int) -> GeometrySample:
        """`size` new faces."""
        person, moment = (torch.randint(len(self.identity), (size,), generator=self.generator) for _ in range(2))
        identity, expression, rotation = self.identity[person], self.expression[moment], self.rotation[moment]
        turned = self.surface(identity, expression) @ rotation_matrix(rotation).mT
        crop = 1 / (ZOOM[0] + (ZOOM[1] - ZOOM[0]) * torch.rand(size, generator=self.generator))
        shift = SHIFT * (2 * torch.rand(size, 2, generator=self.generator) - 1)
        middle = 0.5 + shift + torch.stack([torch.zeros_like(crop), RISE * crop], dim=-1)
        translation = place_in_box(turned[:, :68], middle, crop / SCALE)
        return GeometrySample(identity, expression, Pose(rotation, translation), project(turned + translation[:, None]))


class PointNoise:
    """Errors of a landmark network: half of their variance independent, half smooth over the face, one size a face.

    Our choice: with independent errors alone many points average them away, and the geometry net trusts details that no network finds.
    """

    def __init__(self, places: Float[Tensor, "n 2"], sizes: tuple[float, float], seed: int = 0) -> None:
        distance = torch.cdist(places, places)
        mixing = torch.exp(-0.5 * (distance / WAVELENGTH).square())
        self.mixing = mixing / mixing.square().sum(-1, keepdim=True).sqrt()
        self.sizes = sizes
        self.generator = torch.Generator().manual_seed(seed)

    def add(self, points: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """The points with errors whose standard deviation is log-uniform between the two sizes, in image widths."""
        alone, together = (torch.randn(points.shape, generator=self.generator) for _ in range(2))
        low, high = self.sizes
        size = low * (high / low) ** torch.rand(len(points), 1, 1, generator=self.generator)
        return points + size * (alone + self.mixing @ together) * 0.5**0.5


def _expressions(rng: np.random.Generator, model: FaceModel, turns: list[Turn]) -> np.ndarray:
    sampler = ExpressionSampler(model)
    return np.stack(list(starmap(sampler.draw, ((rng, turn.yaw, turn.pitch) for turn in turns))))
