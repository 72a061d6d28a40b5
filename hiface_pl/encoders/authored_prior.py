"""A prior over wrinkles made of people instead of a covariance: which of many drawn people does what was seen fit?"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.kept_tensors import kept_tensors
from hiface_pl.face_models.face_assets import DetailBases, FaceAssets
from hiface_pl.synthesis.wrinkles import WrinkleSampler

AGES = (16.0, 82.0)
FREE = 0.15
"""Share of the covariance that people may differ from the drawn ones. Our choice: without it few people would have to fit everything."""
RIDGE = 1e-3


class AuthoredPrior(nn.Module):
    """Static, compressed and stretched coefficients side by side of `people` drawn as the generator draws them, at all ages, both sexes.

    Our choice. Coefficients of authored subjects are far from normal: a person is a mixture of two or three of them, so that a few blurred
    lines say much about all others. A mixture of normal distributions around drawn people holds that; one covariance for all does not.
    """

    people: Tensor
    mean: Tensor
    precision: Tensor

    def __init__(self, assets: FaceAssets, people: int) -> None:
        super().__init__()
        found = kept_tensors(assets, f"authored-prior-1-{people}", lambda: _drawn(assets.detail, people))
        for name, value in zip(("people", "mean", "precision"), found, strict=True):
            self.register_buffer(name, value, persistent=False)

    def forward(
        self, normal: Float[Tensor, "b k k"], right: Float[Tensor, "b k"], known: Float[Tensor, "b people"]
    ) -> Float[Tensor, "b k"]:
        """The posterior mean, where c has the likelihood exp(right c - c normal c / 2) and `known` is more that speaks for each person."""
        spread = torch.cholesky_inverse(torch.linalg.cholesky(normal + self.precision))
        among_people = self.precision @ spread  # what N and right become where the freedom around each person is integrated out
        quadratic = ((self.people @ (among_people @ normal)) * self.people).sum(dim=2)
        evidence = (right[:, None] @ among_people.mT)[:, 0] @ self.people.T - 0.5 * quadratic + known
        mean = torch.softmax(evidence, dim=1) @ self.people
        left = right - (mean[:, None] @ normal)[:, 0]
        return mean + (left[:, None] @ spread)[:, 0]


def _drawn(detail: DetailBases, people: int) -> list[Tensor]:
    """People drawn towards their mean as the mixture's centres, that mean, and the precision of each around them."""
    rng = np.random.default_rng(0)
    drawn = WrinkleSampler(detail).population(rng, rng.uniform(*AGES, people), (rng.random(people) < 0.5).astype(float))
    mean, covariance = drawn.mean(axis=0), np.cov(drawn.T)
    precision = np.linalg.inv(FREE * covariance + RIDGE * np.eye(len(covariance)))
    return [torch.from_numpy(value).float() for value in (mean + (1 - FREE) ** 0.5 * (drawn - mean), mean, precision)]
