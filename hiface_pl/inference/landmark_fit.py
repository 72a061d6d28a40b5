"""Pose, identity and expression refined so that the model's points lie on landmarks of the photo. Paper: the 'Dense' coarse shape."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import cho_factor, cho_solve

from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.inference.posed_points import POSE, PosedFace, PosedPoints
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, OVAL, RIGHT_EYE_OUTER

NOISE = 0.16
"""How far an inner point may lie off, in distances of the outer eye corners. Our choice: eight times what a single point is off on known
faces, because points err together; half of it brings points a third closer, and takes shapes of known faces 0.6 mm further off."""
SLIDING_NOISE = 0.32
"""The same for a point of the contour, across the contour; along it the point is free."""
IDENTITY, EXPRESSION = 0.5, 0.15
"""How far the network's identity (standard deviations) and expression (unit weights) may be off. Our choice: about what it is off on known
faces (0.8 and 0.13)."""
BEYOND = 0.05
"""How far expression units may leave [0, 1]. Our choice."""
ROUNDS, STILL = 20, 1e-4
"""Most rounds, and the share of the misfit that the last one must take away to go on; four or five do."""


@dataclass(frozen=True)
class _Problem:
    """Squares to make small: points off their landmarks, shape off the network's, expression units beyond 0 and 1."""

    points: PosedPoints
    seen: Float64[np.ndarray, "n 2"]
    weights: Float64[np.ndarray, "n 2 2"]
    start: PosedFace

    @cached_property
    def strength(self) -> Float64[np.ndarray, " k"]:
        """What holds each number at its start: nothing holds the pose."""
        held = [np.full(len(self.start.identity), 1 / IDENTITY), np.full(len(self.start.expression), 1 / EXPRESSION)]
        return np.concatenate([np.zeros(POSE), *held])

    def misfit(self, face: PosedFace) -> float:
        offsets, drift, beyond = self._parts(face)
        return float((offsets**2).sum() + ((self.strength * drift) ** 2).sum() + ((beyond / BEYOND) ** 2).sum())

    def equations(self, face: PosedFace) -> tuple[Float64[np.ndarray, "k k"], Float64[np.ndarray, " k"]]:
        """Half the misfit's curvature (Gauss-Newton) and half its gradient by the numbers of `PosedFace.moved`."""
        offsets, drift, beyond = self._parts(face)
        slopes = np.matmul(self.weights, self.points.jacobian(face)).reshape(offsets.size, -1)
        curvature, gradient = slopes.T @ slopes, slopes.T @ offsets.ravel()
        curvature[np.diag_indices_from(curvature)] += self.strength**2 + (beyond != 0) / BEYOND**2
        return curvature, gradient + self.strength**2 * drift + beyond / BEYOND**2

    def _parts(self, face: PosedFace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weighted offsets of the points (n, 2); how far each number moved and how far it is beyond its bounds (k), 0 for the pose."""
        offsets = np.einsum("nij,nj->ni", self.weights, self.points.project(face) - self.seen)
        drift, beyond = np.zeros((2, len(self.strength)))
        drift[POSE:] = face.shape - self.start.shape
        first = POSE + len(face.identity)
        beyond[first:] = face.expression - face.expression.clip(0, 1)
        return offsets, drift, beyond


class LandmarkFit:
    """Levenberg-Marquardt over pose, identity and expression of one face model; a face takes about 10 ms.

    Our choice: the network's answer is the mean of a Gaussian prior; points of the contour, which the detector puts where the face ends for
    the eye, slide along it.
    """

    def __init__(self, model: FaceModel, points: SurfacePoints, offsets: Float[np.ndarray, "n 3"] | None = None) -> None:
        """`points` and `offsets` are those of face_models/landmark_places.py."""
        self.points = PosedPoints(model, points, offsets)

    def __call__(self, seen: Float64[np.ndarray, "468 2"], certainty: Float64[np.ndarray, " 468"], start: PosedFace) -> PosedFace:
        """The refined face; `seen` are the landmarks in widths of the crop that `start` was predicted from."""
        return _solved(_Problem(self.points, seen, self._weights(seen, certainty), start))

    def errors(self, seen: Float64[np.ndarray, "468 2"], face: PosedFace) -> Float64[np.ndarray, " 468"]:
        """How far the face's points lie from the landmarks, percent of the distance of the outer eye corners."""
        return np.asarray(100 * np.linalg.norm(self.points.project(face) - seen, axis=1) / _eyes(seen))

    def _weights(self, seen: np.ndarray, certainty: np.ndarray) -> Float64[np.ndarray, "468 2 2"]:
        weights = np.tile(np.eye(2) / NOISE, (len(seen), 1, 1))
        ring = np.array(OVAL)
        along = seen[np.roll(ring, -1)] - seen[np.roll(ring, 1)]
        across = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-9)
        weights[ring] = across[:, :, None] * across[:, None] / SLIDING_NOISE
        return np.asarray(weights * (np.sqrt(certainty) / _eyes(seen))[:, None, None])


def _solved(problem: _Problem) -> PosedFace:
    face, misfit, damping = problem.start, problem.misfit(problem.start), 1e-3
    for _ in range(ROUNDS):
        curvature, gradient = problem.equations(face)
        damped = curvature + damping * np.diag(np.diag(curvature))
        tried = face.moved(-cho_solve(cho_factor(damped), gradient))
        left = problem.misfit(tried)
        if left < misfit:
            gain, face, misfit, damping = 1 - left / misfit, tried, left, damping / 10
            if gain < STILL:
                break
        else:
            damping *= 10
    return face


def _eyes(seen: Float[np.ndarray, "468 2"]) -> float:
    return float(np.linalg.norm(seen[LEFT_EYE_OUTER] - seen[RIGHT_EYE_OUTER]))
