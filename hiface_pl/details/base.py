"""The detail head interface: coefficients and the coarse shape become displacement maps."""

from abc import ABC, abstractmethod

from torch import nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class DetailHead(nn.Module, ABC):
    """Turns (beta, xi, phi) and the coarse shape into displacement maps. Variants are subclasses named by `class_path`."""

    @abstractmethod
    def bind(self, assets: FaceAssets) -> None:
        """Creates parameters and buffers for this face model's bases and sizes."""

    @abstractmethod
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps | None:
        """The displacement maps in UV, mm; None for a coarse-only head."""

    def spanned(self, coefficients: Coefficients) -> DetailCoefficients | None:  # noqa: ARG002
        """All maps that the head has as coefficients, without making them: losses on maps then cost nothing.

        None, the default, where not every map lies in a basis: then `forward` makes them.
        """
        return None
