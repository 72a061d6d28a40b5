"""The UV square with the face chart written into every texel: where wrinkles and colours are drawn."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.face_models.chart import FaceChart, Number, smooth_step
from hiface_pl.face_models.face_assets import UvAtlas
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.regions import mouth_mask, nose_mask, skin_normals
from hiface_pl.face_models.uv_atlas import to_texels

Map = Float32[np.ndarray, "r r"]


@dataclass(frozen=True)
class Canvas:
    """Per texel: chart coordinates `s`, `y` (mm), distances to eye, mouth and brow outlines (mm, negative inside), to the nostrils, masks.

    `detail` is M_detail: 0 on eyes, lips, nostrils, ears, neck and scalp. `texel_mm` is the median length of a texel inside it.
    Texels outside the skin carry the values of the nearest covered one.
    """

    chart: FaceChart
    atlas: UvAtlas
    s: Map
    y: Map
    facing: Map
    eye: Map
    mouth: Map
    brow: Map
    nostril: Map
    nose_region: Map
    mouth_region: Map
    cheek_region: Map
    forehead_region: Map
    detail: Map
    texel_mm: float

    @classmethod
    def of(cls, model: FaceModel, chart: FaceChart, atlas: UvAtlas) -> "Canvas":
        """The canvas of a model's mean face."""
        vertices = np.concatenate([chart.unroll(model.mean), skin_normals(model)[:, 2:], model.mean], axis=1)
        texels = to_texels(atlas, model.triangles, vertices)
        s, y, facing = (np.ascontiguousarray(texels[..., c]) for c in range(3))
        points = chart.landmarks
        eye = np.minimum(outline_distance(s, y, points[36:42]), outline_distance(s, y, points[42:48]))
        mouth = outline_distance(s, y, points[48:60])
        brow = np.minimum(outline_distance(s, y, points[17:22]), outline_distance(s, y, points[22:27]))
        nostril = np.minimum(*(np.hypot(s - points[k, 0], y - points[k, 1]) for k in (32, 34)))
        nose, lips = nose_mask(chart, np.abs(s), y).astype(np.float32), mouth_mask(chart, np.abs(s), y).astype(np.float32)
        forehead = smooth_step(y, chart.brow_y + 1, chart.brow_y + 8)
        cheek = (1 - nose) * (1 - lips) * (1 - smooth_step(y, chart.eye_y - 10, chart.eye_y - 4))
        detail = _detail_mask(chart, s, y, facing, eye, mouth, nostril) * atlas.covered
        texel_mm = _texel_length(texels[..., 3:], detail)
        return cls(chart, atlas, s, y, facing, eye, mouth, brow, nostril, nose, lips, cheek, forehead, detail, texel_mm)

    @property
    def size(self) -> int:
        """Texels a side."""
        return self.atlas.size

    def bump(self, s: Number, y: Number, across: Number, along: Number) -> Map:
        """A Gaussian hill of height 1 at (s, y) mm with standard deviations `across` (s) and `along` (y)."""
        return np.exp(-0.5 * (((self.s - s) / across) ** 2 + ((self.y - y) / along) ** 2)).astype(np.float32)


def outline_distance(s: Float[np.ndarray, "r r"], y: Float[np.ndarray, "r r"], outline: Float[np.ndarray, "n 2"]) -> Map:
    """Signed distance in mm to a closed polygon, negative inside."""
    best = np.full(s.shape, np.inf, dtype=np.float32)
    inside = np.zeros(s.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        dx, dy = bx - ax, by - ay
        t = np.clip(((s - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
        best = np.minimum(best, np.hypot(s - ax - t * dx, y - ay - t * dy))
        crosses = (ay > y) != (by > y)
        inside ^= crosses & (s < ax + (y - ay) / (dy if abs(dy) > 1e-9 else 1e-9) * dx)
    return np.where(inside, -best, best).astype(np.float32)


def _detail_mask(chart: FaceChart, s: Map, y: Map, facing: Map, eye: Map, mouth: Map, nostril: Map) -> Map:
    """M_detail. Our choice of margins (mm): skin that folds, away from edges where the chart or the scan is unreliable."""
    ear, hair, k = chart.ear_s, chart.hairline_y, chart.scale
    front = smooth_step(facing, -0.15, 0.25) * smooth_step(y, chart.chin_y - 22, chart.chin_y - 8)
    holes = smooth_step(eye, 1.5 * k, 5 * k) * smooth_step(mouth, 0.5 * k, 3 * k) * smooth_step(nostril, 4 * k, 8 * k)
    edges = (1 - smooth_step(np.abs(s), ear - 14, ear - 2)) * (1 - smooth_step(y, hair + 12, hair + 35))
    return (front * holes * edges).astype(np.float32)


def _texel_length(position: Float[np.ndarray, "r r 3"], detail: Map) -> float:
    across, down = np.gradient(position, axis=1), np.gradient(position, axis=0)
    area = np.linalg.norm(np.cross(across, down), axis=-1)
    inside = detail > 0.5
    return float(np.sqrt(np.median(area[inside]))) if inside.any() else 1.0
