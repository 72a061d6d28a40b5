"""From an image, or from coefficients, to a face: encoder, shape, detail, renderer and age head in the order in which data flows."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.data.age import AGE_BINS
from hiface_pl.details.base import DetailHead
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import zero_linear
from hiface_pl.encoders.frozen_coarse import FrozenCoarse
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.base import ShapeDecoder
from hiface_pl.shapes.keypoints import SurfaceKeypoints
from hiface_pl.types import Coefficients, DetailMaps, Encoded, Reconstruction, Rendering, Shape, Wanted


class Reconstructor(nn.Module):
    """The whole network, plain PyTorch. Building it loads the face model and binds every part to it.

    Training, evaluation, export and the demo all call this; `encoder`, `shape`, `detail` and `renderer` are the swappable parts.
    `image_size` is the side in pixels of the crops that it is trained on (Paper: 224): photos are cropped to it. With `frozen_coarse` only
    detail is trained, and everything else comes from a copy of the encoder that stays as it started (encoders/frozen_coarse.py).
    """

    def __init__(
        self,
        face_model: FaceModelSource,
        encoder: Encoder,
        shape: ShapeDecoder,
        detail: DetailHead,
        renderer: Renderer,
        image_size: int = 224,
        frozen_coarse: bool = False,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.assets: FaceAssets = face_assets(face_model.load())
        self.encoder = FrozenCoarse(encoder) if frozen_coarse else encoder
        self.shape = shape
        self.detail = detail
        self.renderer = renderer
        for part in (self.encoder, shape, detail, renderer):
            part.bind(self.assets)
        self.keypoints = SurfaceKeypoints(self.assets.model.keypoints68)
        self.age_head = AgeHead(len(self.assets.detail.static.basis))

    def forward(self, image: Float[Tensor, "b 3 h w"], render: bool = False) -> Reconstruction:
        """Reconstructs aligned RGB crops in [0, 1]; `render` asks for pixels at the size of the image."""
        return self.decode(self.encoder(image), image.shape[-1] if render else None)

    def located(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 68 2"]:
        """Only the landmarks of `forward`, in less than half its time."""
        return self.decode(self.encoder.located(image), wanted=Wanted.NOTHING).landmarks

    def decode(self, encoded: Encoded, render_size: int | None = None, wanted: Wanted = Wanted.FACE) -> Reconstruction:
        """The face that coefficients stand for, wherever they come from, rendered at `render_size` pixels where that is given.

        Whole by default; a training step names what its losses read. Geometry is float32 whatever precision the encoder runs in.
        """
        with torch.autocast(encoded.coefficients.identity.device.type, enabled=False):
            return self._decoded(encoded, render_size, wanted)

    def _decoded(self, encoded: Encoded, render_size: int | None, wanted: Wanted) -> Reconstruction:
        coefficients = encoded.coefficients
        maps_wanted = render_size is not None or Wanted.MAPS in wanted
        spanned = self.detail.spanned(coefficients) if Wanted.DETAIL in wanted and not maps_wanted else None
        maps_wanted = maps_wanted or (Wanted.DETAIL in wanted and spanned is None)
        shape: Shape | None = self.shape(coefficients) if maps_wanted or Wanted.SHAPE in wanted else None
        detail: DetailMaps | None = self.detail(coefficients, shape) if maps_wanted else None
        points = self.shape.points(coefficients, self.keypoints) if shape is None else self.keypoints(shape.expressive)
        return Reconstruction(
            encoded=encoded,
            shape=shape or _no_vertices(points),
            landmarks=project(to_camera(points, coefficients.pose)),
            detail=detail,
            rendering=None if render_size is None or shape is None else self._render(coefficients, shape, detail, render_size),
            age=self.age_head(coefficients.static),
            spanned=spanned if detail is None else detail.spanned,
        )

    def _render(self, coefficients: Coefficients, shape: Shape, detail: DetailMaps | None, size: int) -> Rendering:
        displacement = None if detail is None else detail.total
        rendering: Rendering = self.renderer(shape.expressive, coefficients, displacement, size)
        return rendering


def _no_vertices(points: Float[Tensor, "b n 3"]) -> Shape:
    return Shape(points[:, :0], points[:, :0])


class AgeHead(nn.Module):
    """Static detail to log-probabilities of 81 one-year age bins; even at step 0. Paper: a small head on phi for L_kd."""

    def __init__(self, static: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(static, hidden), nn.SiLU(), zero_linear(hidden, AGE_BINS))

    def forward(self, static: Float[Tensor, "b ks"]) -> Float[Tensor, "b 81"]:
        """Log-probabilities of the ages 0 to 80."""
        return torch.log_softmax(self.layers(static), dim=-1)
