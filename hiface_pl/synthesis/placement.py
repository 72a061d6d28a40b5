"""Where the face stands before the camera: turned at random, and so that the crop around its landmarks is the image, give or take."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.data.crop import RISE, SCALE
from hiface_pl.rendering.camera import FOCAL

YAW, PITCH, ROLL = (float(np.deg2rad(limit)) for limit in (40, 20, 15))
NARROW_SHARE = 0.45
"""How often the head is nearly frontal."""
ZOOM = (0.87, 1.18)
"""The crop's side in units of `Crop.around`'s. Our choice: landmarks of a detector and the faces in photos vary that much."""
SHIFT = 0.06
ROUNDS = 6


@dataclass(frozen=True)
class Turn:
    """Head rotation in radians: yaw to the image's right, pitch down, roll clockwise seen from the camera are positive."""

    yaw: float
    pitch: float
    roll: float

    @property
    def matrix(self) -> Float[np.ndarray, "3 3"]:
        """R = R_z(-roll) R_x(pitch) R_y(yaw)."""
        (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (self.yaw, self.pitch, -self.roll))
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        return about_z @ about_x @ about_y


def draw_turn(rng: np.random.Generator) -> Turn:
    """A random head rotation within 40, 20 and 15 degrees."""
    yaw = rng.normal(0, YAW / 4) if rng.random() < NARROW_SHARE else rng.uniform(-YAW, YAW)
    pitch, roll = rng.normal(0, PITCH / 2), rng.normal(0, ROLL / 2)
    return Turn(*(float(np.clip(angle, -limit, limit)) for angle, limit in ((yaw, YAW), (pitch, PITCH), (roll, ROLL))))


def rotation_vector(matrix: Float[np.ndarray, "3 3"]) -> Float32[np.ndarray, " 3"]:
    """Axis times angle of a rotation by less than 180 degrees."""
    axis = 0.5 * np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return axis.astype(np.float32)
    angle = np.arctan2(sine, 0.5 * (np.trace(matrix) - 1))
    return (axis * angle / sine).astype(np.float32)


def rotation_matrix(vector: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """R = exp([r]x), as `rendering.camera.rotation_matrix`, in float64."""
    angle = float(np.linalg.norm(vector))
    x, y, z = (float(v) for v in vector)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    if angle < 1e-9:
        return np.eye(3) + cross
    return np.eye(3) + np.sin(angle) / angle * cross + 2 * (np.sin(angle / 2) / angle) ** 2 * cross @ cross


def project_points(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
    """Camera-frame points in image widths, as `rendering.camera.project` does it."""
    scale = FOCAL / -points[:, 2]
    return np.stack([0.5 + scale * points[:, 0], 0.5 - scale * points[:, 1]], axis=1)


def draw_translation(rng: np.random.Generator, turned: Float[np.ndarray, "68 3"]) -> Float32[np.ndarray, " 3"]:
    """A translation (mm) that shows turned landmarks so that the crop around them is the image, scaled by ZOOM and shifted by SHIFT.

    The crop's side and centre fix three numbers, perspective makes them depend on each other a little: a few rounds settle it.
    """
    side = 1 / rng.uniform(*ZOOM)
    x, y = 0.5 + rng.uniform(-SHIFT, SHIFT, 2)
    translation = np.array([0.0, 0.0, -FOCAL * np.ptp(turned[:, :2], axis=0).max() * SCALE / side])
    for _ in range(ROUNDS):
        points = project_points(turned + translation)
        low, high = points.min(axis=0), points.max(axis=0)
        now = SCALE * float((high - low).max())
        centre = (low + high) / 2 - np.array([0, RISE * now])
        translation[2] *= now / side
        translation[:2] += (np.array([x, y]) - centre) * np.array([1, -1]) * -translation[2] / FOCAL
    return translation.astype(np.float32)
