"""The shape decoder interface: coefficients become coarse geometry."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.keypoints import SurfaceKeypoints
from hiface_pl.types import Coefficients, Shape


class ShapeDecoder(nn.Module, ABC):
    """Turns identity and expression coefficients into a neutral and an expressive mesh. Variants are subclasses named by `class_path`."""

    @abstractmethod
    def bind(self, assets: FaceAssets) -> None:
        """Creates parameters and buffers for this face model's bases and sizes."""

    @abstractmethod
    def forward(self, coefficients: Coefficients) -> Shape:
        """The coarse shape of each face in the model frame, mm, without pose."""

    def points(self, coefficients: Coefficients, keypoints: SurfaceKeypoints) -> Float[Tensor, "b n 3"]:
        """Some points of the expressive shape. A decoder that can make them without the whole mesh overrides this."""
        shape: Shape = self(coefficients)
        found: Tensor = keypoints(shape.expressive)
        return found
