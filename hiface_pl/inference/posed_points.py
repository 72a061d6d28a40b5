"""Points of a face model in the image as functions of pose, identity and expression, with their derivatives in closed form."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float64

from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.on_surface import carried, rows_of
from hiface_pl.rendering.camera import FOCAL, NEAR
from hiface_pl.types import Coefficients, Pose

POSE = 6
"""Numbers of a step that move the pose: a rotation vector and a translation."""


@dataclass(frozen=True)
class PosedFace:
    """One face as the fit sees it: rotation matrix, translation (mm), identity (standard deviations) and expression (unit weights)."""

    rotation: Float64[np.ndarray, "3 3"]
    translation: Float64[np.ndarray, " 3"]
    identity: Float64[np.ndarray, " ki"]
    expression: Float64[np.ndarray, " ke"]

    @classmethod
    def of(cls, coefficients: Coefficients) -> "PosedFace":
        """The face of a batch of one."""
        numbers = (coefficients.pose.rotation, coefficients.pose.translation, coefficients.identity, coefficients.expression)
        rotation, translation, identity, expression = (tensor[0].double().cpu().numpy() for tensor in numbers)
        return cls(np.asarray(cv2.Rodrigues(rotation)[0]), translation, identity, expression)

    @property
    def shape(self) -> Float64[np.ndarray, " k"]:
        """Identity, then expression."""
        return np.concatenate([self.identity, self.expression])

    def moved(self, step: Float64[np.ndarray, " n"]) -> "PosedFace":
        """The face after a step: a rotation vector applied after the rotation (radians), translation (mm), identity, expression."""
        identity, expression = np.split(step[POSE:], [len(self.identity)])
        return replace(
            self,
            rotation=np.asarray(cv2.Rodrigues(step[:3])[0]) @ self.rotation,
            translation=self.translation + step[3:POSE],
            identity=self.identity + identity,
            expression=self.expression + expression,
        )

    def put_into(self, coefficients: Coefficients) -> Coefficients:
        """A batch of one with this pose, identity and expression; everything else as it is."""
        like, rotation = coefficients.identity, np.asarray(cv2.Rodrigues(self.rotation)[0])[:, 0]
        turned, moved, identity, expression = (
            torch.from_numpy(numbers)[None].to(like) for numbers in (rotation, self.translation, self.identity, self.expression)
        )
        return replace(coefficients, identity=identity, expression=expression, pose=Pose(turned, moved))


class PosedPoints:
    """The linear model at some points of its surface, projected by the virtual camera (rendering/camera.py)."""

    def __init__(self, model: FaceModel, points: SurfacePoints, offsets: Float[np.ndarray, "n 3"] | None = None) -> None:
        """`offsets` lead from the surface to the points, mm in the model frame: they turn with the head, whatever the face does."""
        rows = rows_of(points, len(model.mean))
        self.mean = carried(rows, model.mean).astype(np.float64) + (0 if offsets is None else offsets)
        bases = np.concatenate([carried(rows, model.identity_basis), carried(rows, model.expression_basis)])
        self.bases = np.ascontiguousarray(bases.astype(np.float64).transpose(1, 2, 0))

    def project(self, face: PosedFace) -> Float64[np.ndarray, "n 2"]:
        """The points in image widths, x right, y down."""
        points = self._turned(face) + face.translation
        scale = FOCAL / np.maximum(-points[:, 2:], NEAR)
        return np.asarray(0.5 + scale * points[:, :2] * np.array([1.0, -1.0]))

    def jacobian(self, face: PosedFace) -> Float64[np.ndarray, "n 2 k"]:
        """How `project` changes with the numbers of `PosedFace.moved`, at a step of zero."""
        turned = self._turned(face)
        spun = np.cross(np.eye(3)[None], turned[:, None]).transpose(0, 2, 1)
        shifted = np.broadcast_to(np.eye(3), (len(turned), 3, 3))
        moves = np.concatenate([spun, shifted, np.matmul(face.rotation, self.bases)], axis=2)
        return np.matmul(_slopes(turned + face.translation), moves)

    def _turned(self, face: PosedFace) -> Float64[np.ndarray, "n 3"]:
        return np.asarray((self.mean + self.bases @ face.shape) @ face.rotation.T)


def _slopes(points: Float[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2 3"]:
    """Derivatives of the projection by x, y and z in front of the camera."""
    x, y, depth = points[:, 0], points[:, 1], np.maximum(-points[:, 2], NEAR)
    slopes = np.zeros((len(points), 2, 3))
    slopes[:, 0, 0], slopes[:, 1, 1] = FOCAL / depth, -FOCAL / depth
    slopes[:, 0, 2], slopes[:, 1, 2] = FOCAL * x / depth**2, -FOCAL * y / depth**2
    return slopes
