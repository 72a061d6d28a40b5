"""Who it is: dlib's face recognition network, 128 numbers a face."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.assets.fetch import read_asset
from hiface_pl.perception.dlib_resnet import DlibResnet
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_api_weights import read_tensors, resnet_weights
from hiface_pl.perception.face_chip import ChipLayout

_FILE = "package/model/face_recognition_model"
_MEAN = (122.782, 117.001, 104.298)


class DlibIdentity(Embedder):
    """Faces of one person lie closer than about 0.6 (Euclidean), as the network was trained. Not normalised: for a cosine, divide.

    Needs the asset `face-api`. Raises AssetError.
    """

    layout = ChipLayout(150, 0.25)

    def __init__(self) -> None:
        super().__init__()
        tensors = read_tensors(read_asset("face-api", f"{_FILE}-weights_manifest.json"), read_asset("face-api", f"{_FILE}.bin"))
        self.network = DlibResnet(resnet_weights(tensors), _MEAN, 255.0)

    @override
    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 128"]:
        return self.network(self.layout.fitted(images))
