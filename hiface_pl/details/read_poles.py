"""Static and dynamic detail from coefficients that the encoder read off the image."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.details.base import DetailHead
from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension, Tension
from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class ReadPoles(DetailHead):
    """D = D_sta(phi) + w_com * D_com(varphi_com) + w_str * D_str(varphi_str), with all three read by the encoder.

    Our choice: the paper predicts the poles from (beta, xi, phi) alone (`SDDetail`). Read poles belong to the person, so that animation
    changes their weights only. `tension` must be of the kind that made the labels.
    """

    def __init__(self, tension: Tension | None = None) -> None:
        super().__init__()
        self.poles = PoleBlend(tension or MeanTension())

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.poles.bind(assets)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """All maps, mm. Raises ConfigError with an encoder that reads no poles."""
        return self.poles(coefficients.static, *poles_of(coefficients), shape)

    @override
    def spanned(self, coefficients: Coefficients) -> DetailCoefficients:
        return DetailCoefficients(coefficients.static, *poles_of(coefficients))


def poles_of(coefficients: Coefficients) -> tuple[Float[Tensor, "b kc"], Float[Tensor, "b kt"]]:
    """Compressed and stretched coefficients. Raises ConfigError with an encoder that reads no poles."""
    compressed, stretched = coefficients.compressed, coefficients.stretched
    if compressed is None or stretched is None:
        raise ConfigError(
            "ReadPoles needs an encoder that reads compressed and stretched coefficients: name UnwrappedEncoder of "
            "hiface_pl.encoders.unwrapped as model.reconstructor.encoder, or hiface_pl.details.sd_detail.SDDetail as detail"
        )
    return compressed, stretched
