"""L_id: whether a face recognition network takes the rendering for the person in the photo."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.compared_pixels import at_size
from hiface_pl.losses.frozen_network import FrozenNetwork
from hiface_pl.losses.photometric import rendering_of
from hiface_pl.losses.reduce import nobody
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import face_chips
from hiface_pl.perception.landmark_points import FIVE
from hiface_pl.types import FaceBatch, Reconstruction, Rendering, Wanted


def cosine_distance(first: Float[Tensor, "b d"], second: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
    """1 - cos of the angle between the vectors. Paper: L_id."""
    return 1 - functional.cosine_similarity(first, second, dim=1)


def drawn_over(image: Float[Tensor, "b 3 h w"], mask: Float[Tensor, "b 1 h w"], rendering: Rendering) -> Float[Tensor, "b 3 h w"]:
    """The photo with the rendering in the place of its skin (`mask`), at the size of the photo; what no face covers there is black.

    Our choice: everything else is the photo's own, so that hair, background, and eyes, which the face model has no colours for, decide
    nothing; and the border between both is the photo's, so that a face that shrinks does not show more of the photo.
    """
    return torch.lerp(image, at_size(rendering.image, image.shape[-1]), mask)


class RecognitionLoss(Loss):
    """L_id on samples with `seen`, whose embedding of the image is compared with that of the rendering. Paper: lambda_id 0.1.

    `network` must be the one that the store of photos was prepared with; it looks at faces cut with the photo's own points, and of each
    batch at the last `most` photos (None: at all).
    """

    needs = Wanted.RENDERING

    def __init__(self, network: Embedder, weight: float = 0.1, most: int | None = None) -> None:
        super().__init__(weight)
        self.most = most
        self.layout = network.layout
        self.network = FrozenNetwork(network)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        rendering, seen = rendering_of(reconstruction, type(self).__name__), batch.labels.seen
        value, valid = nobody(rendering.image)
        if seen is None or not seen.known.any():
            return LossTerm(value, valid)
        rows = torch.nonzero(seen.known)[:, 0][-(self.most or 0) :]
        faces = drawn_over(batch.image[rows], batch.labels.mask[rows], rendering[rows])
        found = self.network(face_chips(faces, seen.points[rows][:, list(FIVE)], self.layout))
        distances = cosine_distance(found, seen.identity[rows])
        return LossTerm(value.index_add(0, rows, distances), valid.index_fill(0, rows, value=True))
