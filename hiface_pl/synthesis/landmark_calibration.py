"""Measures on renderings how far a landmark network's points lie from their places on the face model, as offsets that move with the head.

A network puts its points not where the registration of its mesh says: brows higher, lips elsewhere, and all of them as if faces were
deeper, so that turned heads seem to be turned more. What is the same in all faces can be taken away. Our choice: one offset in 3D a point,
since a place on the skin cannot tell what a turned head shows; each picture's own error of pose is left out, because a fit finds the pose
anyway.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float64, UInt8

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.perception.landmark_network import MARGIN, LandmarkNetwork
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.perception.square import Square
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.sample import SyntheticSample

SIZE = 224
LEAST_FREE = 0.05
"""Faces of which something covers more are left out."""
_ROUNDS = 3
"""Offsets and the pictures' errors of pose are found in turn; the third round changes nothing that shows."""
TRUSTED = 0.8
"""Share of the faces that the offsets are made from; the others say how good they are."""


@dataclass(frozen=True)
class SeenFace:
    """One rendering: head rotation, the points' true places in the model frame (mm) and before the camera, and where they were found.

    `found` is in image widths.
    """

    rotation: Float64[np.ndarray, "3 3"]
    places: Float64[np.ndarray, "n 3"]
    before_camera: Float64[np.ndarray, "n 3"]
    found: Float64[np.ndarray, "n 2"]

    @property
    def error(self) -> Float64[np.ndarray, "n 2"]:
        """Found minus true in mm at the points' depth, along the camera's x and y."""
        depth = -self.before_camera[:, 2:] / FOCAL
        return (self.found - 0.5) * np.array([1.0, -1.0]) * depth - self.before_camera[:, :2]


@dataclass(frozen=True)
class Calibration:
    """Offsets (mm, model frame), how many faces they come from, and mean errors of points off the contour on faces kept apart, mm.

    Errors are those in the picture plane after each picture's best pose, without and with the offsets.
    """

    offsets: Float64[np.ndarray, "n 3"]
    faces: int
    before: float
    after: float


def seen_faces(
    assets: FaceAssets, points: SurfacePoints, network: LandmarkNetwork, count: int, told: Callable[[], None]
) -> Iterator[SeenFace]:
    """Up to `count` renderings with free faces, of people apart from those of all data sets; `told` is called for each sample."""
    generator = Generator(assets, SIZE, 0, "calibration")
    for index in range(count):
        sample = generator.sample(index)
        face = _seen(sample, assets, points, network) if sample.occlusion <= LEAST_FREE else None
        told()
        if face is not None:
            yield face


def calibrated(faces: list[SeenFace], contour: Bool[np.ndarray, " n"]) -> Calibration:
    """The offsets that most of the faces ask for, and what they are worth on the others."""
    trusted = round(TRUSTED * len(faces))
    offsets = _offsets(faces[:trusted], ~contour)
    still = np.zeros_like(offsets)
    before, after = (np.mean([_left(face, moved, ~contour) for face in faces[trusted:]]) for moved in (still, offsets))
    return Calibration(offsets, len(faces), float(before), float(after))


def _offsets(faces: list[SeenFace], inner: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, "n 3"]:
    """Least squares over all pictures; every picture may turn, move and grow its points."""
    offsets = np.zeros_like(faces[0].places)
    turns = np.stack([face.rotation[:2] for face in faces])
    curvature = np.einsum("kij,kil->jl", turns, turns)
    for _ in range(_ROUNDS):
        wanted = np.stack([face.error - _by_pose(face, offsets, inner) for face in faces])
        offsets = np.linalg.solve(curvature, np.einsum("kij,kni->jn", turns, wanted)).T
    return offsets


def _by_pose(face: SeenFace, offsets: Float64[np.ndarray, "n 3"], inner: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, "n 2"]:
    """That part of a picture's error beyond the offsets which another pose explains (weak perspective)."""
    turned = (face.places + offsets - face.places[inner].mean(axis=0)) @ face.rotation.T
    moves = np.zeros((len(turned), 2, 6))
    moves[:, 0, 0] = moves[:, 1, 1] = 1
    moves[:, :, 2] = turned[:, :2]
    moves[:, :, 3:] = np.cross(np.eye(3)[None], turned[:, None])[:, :, :2].transpose(0, 2, 1)
    beyond = face.error - offsets @ face.rotation[:2].T
    numbers = np.linalg.lstsq(moves[inner].reshape(-1, 6), beyond[inner].ravel(), rcond=None)[0]
    return np.asarray(moves @ numbers)


def _left(face: SeenFace, offsets: Float64[np.ndarray, "n 3"], inner: Bool[np.ndarray, " n"]) -> float:
    left = face.error - offsets @ face.rotation[:2].T - _by_pose(face, offsets, inner)
    return float(np.linalg.norm(left[inner], axis=1).mean())


def _seen(sample: SyntheticSample, assets: FaceAssets, points: SurfacePoints, network: LandmarkNetwork) -> SeenFace | None:
    """What the network finds; None where it sees no face."""
    rotation = np.asarray(cv2.Rodrigues(sample.rotation.astype(np.float64))[0])
    places = points.on(assets.model.vertices(sample.identity, sample.expression)).astype(np.float64)
    before = places @ rotation.T + sample.translation
    margin = SIZE // 2
    true = (0.5 + FOCAL * before[:, :2] * np.array([1.0, -1.0]) / -before[:, 2:]) * SIZE + margin
    around: UInt8[np.ndarray, "h w 3"] = np.pad(sample.image, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    found = network(around, Square.over(true, true[LEFT_EYE_OUTER] - true[RIGHT_EYE_OUTER], MARGIN))
    return None if found is None else SeenFace(rotation, places, before, (found.points - margin) / SIZE)
