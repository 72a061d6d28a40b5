"""The encoder interface: an image becomes coefficients."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Encoded


class Encoder(nn.Module, ABC):
    """Predicts coefficients from aligned crops. Sizes are unknown until `bind`: YAML names the class, the face model brings the sizes."""

    @abstractmethod
    def bind(self, assets: FaceAssets) -> None:
        """Creates the parameters for this face model's sizes. At step 0 the heads predict the mean face, frontal, in the crop's middle."""

    @abstractmethod
    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """Coefficients of each RGB crop in [0, 1]."""

    def located(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """The same, where only shape and pose matter: encoders that find these first leave out the rest."""
        encoded: Encoded = self(image)
        return encoded
