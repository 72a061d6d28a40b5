"""The face chart: a cylinder around the head on which lines, masks and skin colour are written without knowing the mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.face_models.face_model import FaceModel

Number = float | int
_REFERENCE_EYE_SPAN = 88.0
"""Outer eye corner to outer eye corner in mm on the face that all lengths of authored lines refer to."""


@dataclass(frozen=True)
class FaceChart:
    """Coordinates (s, y) in mm: s = radius * atan2(x, z - axis_z) runs to the subject's left, y is the model's.

    `landmarks` are the 68 points of the mean face in the chart. `scale` converts lengths written for a face with 88 mm between the outer
    eye corners. Our choice: any topology with 68 landmarks gets the same lines.
    """

    axis_z: float
    radius: float
    scale: float
    landmarks: Float32[np.ndarray, "68 2"]

    @classmethod
    def of(cls, model: FaceModel) -> "FaceChart":
        """The chart of a face model's mean face."""
        points = model.keypoints68.on(model.mean)
        axis_z = float(points[[0, 16], 2].mean()) - 10.0
        radius = 0.5 * abs(float(points[16, 0] - points[0, 0])) + 10.0
        scale = float(np.linalg.norm(points[45] - points[36])) / _REFERENCE_EYE_SPAN
        return cls(axis_z, radius, scale, _unroll(points, axis_z, radius))

    def unroll(self, points: Float[np.ndarray, "n 3"]) -> Float32[np.ndarray, "n 2"]:
        """Chart coordinates of points in the model frame, mm."""
        return _unroll(points, self.axis_z, self.radius)

    @property
    def brow_y(self) -> float:
        """Mean height of the brows."""
        return float(self.landmarks[17:27, 1].mean())

    @property
    def eye_y(self) -> float:
        """Mean height of the eyes."""
        return float(self.landmarks[36:48, 1].mean())

    @property
    def nose_base_y(self) -> float:
        """Height of the point under the nose."""
        return float(self.landmarks[33, 1])

    @property
    def mouth_y(self) -> float:
        """Mean height of the mouth's corners."""
        return float(self.landmarks[[48, 54], 1].mean())

    @property
    def chin_y(self) -> float:
        """Height of the chin."""
        return float(self.landmarks[8, 1])

    @property
    def hairline_y(self) -> float:
        """Where the hair starts above the middle of the forehead. Our choice: from the thirds of a face."""
        return self.brow_y + 0.95 * (self.eye_y - self.nose_base_y) + 12.0

    @property
    def ear_s(self) -> float:
        """Distance of the ears' front from the midline, along the chart."""
        return 0.5 * float(abs(self.landmarks[0, 0]) + abs(self.landmarks[16, 0]))

    @property
    def mouth_half(self) -> float:
        """Half the mouth's width along the chart."""
        return 0.5 * float(abs(self.landmarks[54, 0] - self.landmarks[48, 0]))

    @property
    def nose_half(self) -> float:
        """Half the distance between the wings of the nose along the chart."""
        return 0.5 * float(abs(self.landmarks[35, 0] - self.landmarks[31, 0]))

    @property
    def eye_outer_s(self) -> float:
        """Distance of the outer eye corners from the midline, along the chart."""
        return 0.5 * float(abs(self.landmarks[36, 0]) + abs(self.landmarks[45, 0]))


def _unroll(points: Float[np.ndarray, "n 3"], axis_z: float, radius: float) -> Float32[np.ndarray, "n 2"]:
    angle = np.arctan2(points[:, 0], np.maximum(points[:, 2] - axis_z, 1e-3))
    return np.stack([radius * angle, points[:, 1]], axis=1).astype(np.float32)


def smooth_step(value: np.ndarray | Number, low: Number, high: Number) -> np.ndarray:
    """0 below `low`, 1 above `high`, 3t^2 - 2t^3 between."""
    step = np.clip((np.asarray(value, dtype=np.float32) - low) / (high - low), 0.0, 1.0)
    return np.asarray(step * step * (3.0 - 2.0 * step), dtype=np.float32)
