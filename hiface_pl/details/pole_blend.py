"""Static detail plus two poles of dynamic detail, blended by vertex tension: from three coefficient vectors to displacement maps."""

from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.displacement_basis import DisplacementBasisMap
from hiface_pl.details.tension import Tension
from hiface_pl.details.texels import MaskTexels
from hiface_pl.details.uv import VertexToTexels
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import DetailCoefficients, DetailMaps, Shape


def blend(
    compressed: Float[Tensor, "*n"], stretched: Float[Tensor, "*n"], w_compressed: Float[Tensor, "*n"], w_stretched: Float[Tensor, "*n"]
) -> Float[Tensor, "*n"]:
    """D_dyn = w_com * D_com + w_str * D_str, texel by texel. Paper: linear interpolation of two polarised maps.

    Our choice: the poles are residuals over D_sta, so that D_dyn is exactly 0 where both weights are.
    """
    return w_compressed * compressed + w_stretched * stretched


class PoleBlend(nn.Module):
    """The part of SD-DeTail without parameters. Labels of synthetic faces and predictions go through the same one."""

    def __init__(self, tension: Tension) -> None:
        super().__init__()
        self.tension = tension

    def bind(self, assets: FaceAssets) -> None:
        """Takes the three bases, the mask's texels and the chart from the face model."""
        detail = assets.detail
        self.static = DisplacementBasisMap(detail, detail.static)
        self.compressed = DisplacementBasisMap(detail, detail.compressed)
        self.stretched = DisplacementBasisMap(detail, detail.stretched)
        self.to_texels = VertexToTexels(assets.atlas, assets.model, detail.texels)
        self.texels = MaskTexels(detail)
        self.tension.bind(assets)

    def forward(
        self, static: Float[Tensor, "b ks"], compressed: Float[Tensor, "b kc"], stretched: Float[Tensor, "b kt"], shape: Shape
    ) -> DetailMaps:
        """All maps of D = D_sta + w_com * D_com + w_str * D_str, mm, from the coefficients of the three bases."""
        maps = self.static.at_texels(static), self.compressed.at_texels(compressed), self.stretched.at_texels(stretched)
        return self.blended(*maps, shape, DetailCoefficients(static, compressed, stretched))

    def blended(
        self,
        static: Float[Tensor, "b n"],
        compressed: Float[Tensor, "b n"],
        stretched: Float[Tensor, "b n"],
        shape: Shape,
        spanned: DetailCoefficients | None = None,
    ) -> DetailMaps:
        """The same from values at the mask's texels, wherever they come from; the weights, like the maps, are 0 off the detail mask."""
        weights = self.weights(shape)
        return DetailMaps(
            static=self.texels(static),
            dynamic=self.texels(blend(compressed, stretched, *weights)),
            compressed=self.texels(compressed),
            stretched=self.texels(stretched),
            weight_compressed=self.texels(weights[0]),
            weight_stretched=self.texels(weights[1]),
            spanned=spanned,
        )

    def weights(self, shape: Shape) -> tuple[Float[Tensor, "b n"], Float[Tensor, "b n"]]:
        """w_com and w_str carried from the vertices to the mask's texels."""
        weights = self.tension(shape)
        return self.to_texels(weights.compressed[..., None])[:, 0], self.to_texels(weights.stretched[..., None])[:, 0]
