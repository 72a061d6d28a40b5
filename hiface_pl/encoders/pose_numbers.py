"""Six well-conditioned numbers for a pose: what networks regress instead of millimetres of translation."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.rendering.camera import FOCAL, rotation_matrix
from hiface_pl.types import Pose


class PoseNumbers(nn.Module):
    """Rotation vector (radians), shift of the face's middle from its default place (image widths, x right, y down), log of its scale.

    All zero is the mean face, frontal, in the middle of the crop. Our choice: the middle of the landmarks is the pivot, so that turning the
    head does not move it in the image; shift and scale are what an image shows, millimetres of depth are not.
    """

    anchor: Tensor
    default: Tensor

    def __init__(self, model: FaceModel) -> None:
        super().__init__()
        landmarks = torch.from_numpy(model.keypoints68.on(model.mean))
        self.register_buffer("anchor", landmarks.mean(0), persistent=False)
        self.register_buffer("default", middle_of_the_crop(landmarks) + landmarks.mean(0), persistent=False)

    def pose(self, numbers: Float[Tensor, "b 6"]) -> Pose:
        """The pose that six numbers stand for."""
        rotation, shift, log_scale = numbers[:, :3], numbers[:, 3:5], numbers[:, 5]
        depth = -self.default[2] * torch.exp(-log_scale)
        middle = self._default_image() + shift
        place = torch.stack([middle[:, 0] * depth / FOCAL, -middle[:, 1] * depth / FOCAL, -depth], dim=-1)
        return Pose(rotation, place - self._turned_anchor(rotation))

    def numbers(self, pose: Pose) -> Float[Tensor, "b 6"]:
        """The six numbers of a pose: the inverse of `pose`."""
        place = pose.translation + self._turned_anchor(pose.rotation)
        depth = -place[:, 2:]
        middle = FOCAL * torch.cat([place[:, :1], -place[:, 1:2]], dim=-1) / depth
        return torch.cat([pose.rotation, middle - self._default_image(), torch.log(-self.default[2] / depth)], dim=-1)

    def _default_image(self) -> Float[Tensor, " 2"]:
        """Where the middle of the default face appears, image widths from the image's centre."""
        return FOCAL * torch.stack([self.default[0], -self.default[1]]) / -self.default[2]

    def _turned_anchor(self, rotation: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
        return rotation_matrix(rotation) @ self.anchor
