"""The one virtual camera that the generator and the networks share: a pinhole at the origin that looks along -z. Lengths are mm."""

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.types import Pose

FOCAL = 4.5
"""Focal length in image widths. Our choice: a 205 mm face crop is seen from about 0.9 m, with little perspective distortion."""
NEAR = 10.0
"""Points closer than this (mm) project as if they lay at this depth, so that gradients stay finite while a network is still wrong."""


def rotation_matrix(rotation: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 3"]:
    """R = exp([r]x) of rotation vectors in radians (Rodrigues); smooth everywhere, also at zero."""
    x, y, z = rotation.unbind(dim=1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).reshape(-1, 3, 3)
    sine, cosine = _rodrigues_factors((rotation * rotation).sum(dim=1))
    identity = torch.eye(3, dtype=rotation.dtype, device=rotation.device)
    return identity + sine[:, None, None] * cross + cosine[:, None, None] * (cross @ cross)


def to_camera(points: Float[Tensor, "b n 3"], pose: Pose) -> Float[Tensor, "b n 3"]:
    """Points of the model frame in the camera frame: R(rotation) X + translation."""
    return torch.baddbmm(pose.translation[:, None], points, rotation_matrix(pose.rotation).mT)


def project(points: Float[Tensor, "b n 3"], focal: float = FOCAL) -> Float[Tensor, "b n 2"]:
    """Camera-frame points in a square image, in image widths: x right, y down, (0, 0) the top left and (1, 1) the bottom right corner."""
    x, y, z = points.unbind(dim=2)
    scale = focal / (-z).clamp(min=NEAR)
    return torch.stack([0.5 + scale * x, 0.5 - scale * y], dim=2)


def to_ndc(points: Float[Tensor, "b n 3"], focal: float = FOCAL) -> Float[Tensor, "b n 3"]:
    """Camera-frame points in PyTorch3D's device coordinates: x left, y up, the image spans [-1, 1], z is the depth in mm.

    Points behind the camera keep their negative depth: rasterisers drop the triangles that have one.
    """
    x, y, z = points.unbind(dim=2)
    scale = 2 * focal / (-z).clamp(min=NEAR)
    return torch.stack([-scale * x, scale * y, -z], dim=2)


def _rodrigues_factors(square: Float[Tensor, " b"]) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """sin(a) / a and (1 - cos(a)) / a^2 from a^2: by their series near zero, where the quotients have no derivative."""
    near_zero = square < 1e-2
    angle = torch.where(near_zero, torch.ones_like(square), square).sqrt()
    s = torch.where(near_zero, square, torch.zeros_like(square))
    sine = torch.where(near_zero, 1 - s / 6 * (1 - s / 20 * (1 - s / 42)), angle.sin() / angle)
    cosine = torch.where(near_zero, 0.5 - s / 24 * (1 - s / 30 * (1 - s / 56)), 2 * ((angle / 2).sin() / angle) ** 2)
    return sine, cosine
