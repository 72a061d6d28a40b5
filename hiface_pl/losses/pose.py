"""Pose against the label's, in millimetres of how far the rim of the face moves."""

import math

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import safe_sqrt
from hiface_pl.rendering.camera import rotation_matrix
from hiface_pl.types import FaceBatch, Pose, Reconstruction, Wanted

RIM = 80.0
"""Millimetres from the middle of the face to its rim: what turns angles and depths into millimetres."""


def rotation_distance(predicted: Float[Tensor, "b 3"], label: Float[Tensor, "b 3"]) -> Float[Tensor, " b"]:
    """The chord 2 sin(angle / 2) of the rotation between two rotation vectors, radians for small angles. Smooth at every angle."""
    difference = rotation_matrix(predicted) - rotation_matrix(label)
    return safe_sqrt(difference.square().sum(dim=(1, 2))) / math.sqrt(2)


def pose_distance(predicted: Pose, label: Pose, rim: float = RIM) -> Float[Tensor, " b"]:
    """The sum rim x chord + |t_x, t_y| + rim / depth x |t_z|, mm: a turn, a shift and a change of size by how far they move the face's rim.

    Our choice: one unit for the three, so that no weights are left; a change of depth by 1 % is a change of size by 1 %.
    """
    moved = predicted.translation - label.translation
    turn = rim * rotation_distance(predicted.rotation, label.rotation)
    shift = safe_sqrt(moved[:, :2].square().sum(dim=1))
    size = rim * moved[:, 2].abs() / label.translation[:, 2].abs().clamp_min(1.0)
    return turn + shift + size


class PoseLoss(Loss):
    """`pose_distance` on samples with `has_geometry`. Our choice: the paper learns pose through landmarks and pixels alone."""

    needs = Wanted.NOTHING

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        valid = batch.labels.has_geometry
        label = batch.labels.coefficients.pose
        value = pose_distance(reconstruction.coefficients.pose, label, RIM)
        return LossTerm(value, valid)
