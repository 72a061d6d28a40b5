"""The UV chart of the open model: the whole skin in one island without a seam or a hole across the face; other parts in the corners."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from hiface_pl.face_models.chart import smooth_step
from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.slim import FlatteningProblem, flatten, tutte
from hiface_pl.face_models.rims import rim_loops

_MARGIN = 0.012
_HOLE_WEIGHT = 0.02
"""Fans close eyes and mouth while flattening; they may be squeezed, but not folded."""
_ISLAND = 0.06
_CORNERS = {Part.MOUTH: (0.005, 0.005), Part.RIGHT_EYE: (0.005, 0.93), Part.LEFT_EYE: (0.93, 0.93), Part.TEETH: (0.93, 0.005)}


@dataclass(frozen=True)
class UvChart:
    """Texture coordinates in [0, 1] and the faces' indices into them."""

    uv: Float64[np.ndarray, "t 2"]
    uv_quads: Int64[np.ndarray, "f 4"]


def uv_chart(head: HeadMesh) -> UvChart:
    """Flattens the skin and places the other parts in the free corners of the square."""
    uv, uv_quads, count = [], np.empty_like(head.quads), 0
    for part in sorted(set(head.part.tolist())):
        faces = head.part == part
        used, local = np.unique(head.quads[faces], return_inverse=True)
        uv_quads[faces] = local.reshape(-1, 4) + count
        uv.append(_skin(head, used, local.reshape(-1, 4)) if part == Part.SKIN else _island(head.vertices[used], Part(part)))
        count += len(used)
    return UvChart(np.concatenate(uv), uv_quads)


def signed_areas(plane: Float64[np.ndarray, "n 2"], triangles: Int64[np.ndarray, "t 3"]) -> Float64[np.ndarray, " t"]:
    """Areas in the plane, negative where a triangle is flipped."""
    a, b, c = (plane[triangles[:, k]] for k in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def _island(vertices: Float64[np.ndarray, "n 3"], part: Part) -> Float64[np.ndarray, "n 2"]:
    flat = vertices[:, :2] - vertices[:, :2].min(axis=0)
    return flat / flat.max() * _ISLAND + _CORNERS[part]


def _skin(head: HeadMesh, used: np.ndarray, quads: Int64[np.ndarray, "f 4"]) -> Float64[np.ndarray, "n 2"]:
    points = head.vertices[used]
    mirror = np.searchsorted(used, head.mirror[used])
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    loops = rim_loops(quads)
    fans, centres = _fans(points, loops[:-1])
    closed, count = np.concatenate([triangles, fans]), len(points) + len(centres)
    problem = _problem(points, triangles, fans, np.concatenate([points, centres]))
    circle = _circle(points[loops[-1]])
    start = tutte(closed, loops[-1], circle, count)
    start *= np.sqrt(np.linalg.det(problem.rest[: len(triangles)]).sum() / 2 / np.abs(signed_areas(start, triangles)).sum())
    plane = _upright(flatten(problem, start)[: len(points)], points)
    even = 0.5 * (plane + plane[mirror] * [-1, 1])
    if (signed_areas(even, triangles) <= 0).any():
        raise ValueError("the symmetric chart flips a triangle")
    return _fitted(even)


def _fans(points: np.ndarray, loops: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Triangles that close each hole around its centre, oriented like the faces at its rim, and the centres."""
    fans = [np.stack([np.roll(loop, -1), loop, np.full(len(loop), len(points) + i)], axis=1) for i, loop in enumerate(loops)]
    return np.concatenate(fans), np.stack([points[loop].mean(axis=0) for loop in loops])


def _problem(points: np.ndarray, triangles: np.ndarray, fans: np.ndarray, closed_points: np.ndarray) -> FlatteningProblem:
    rest = _rest_shapes(points, triangles) * _density(points[triangles].mean(axis=1))[:, None, None]
    rim = np.linalg.norm(closed_points[fans[:, 0]] - closed_points[fans[:, 1]], axis=1)
    soft = np.zeros((len(fans), 2, 2))
    soft[:, 0, 0], soft[:, 0, 1], soft[:, 1, 1] = rim, rim / 2, np.maximum(1.5 * rim, 3.0)
    area = np.linalg.det(rest) / 2
    weight = np.concatenate([area, np.full(len(fans), _HOLE_WEIGHT * np.median(area))])
    return FlatteningProblem(np.concatenate([triangles, fans]), np.concatenate([rest, soft]), weight / weight.sum())


def _rest_shapes(points: np.ndarray, triangles: np.ndarray) -> Float64[np.ndarray, "t 2 2"]:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    length = np.linalg.norm(b - a, axis=1)
    along = ((c - a) * (b - a)).sum(axis=1) / length
    shapes = np.zeros((len(triangles), 2, 2))
    shapes[:, 0, 0], shapes[:, 0, 1] = length, along
    shapes[:, 1, 1] = np.sqrt(np.maximum(((c - a) ** 2).sum(axis=1) - along**2, 1e-6))
    return shapes


def _density(centres: Float64[np.ndarray, "t 3"]) -> np.ndarray:
    """How much of the chart a place gets: scalp, neck and sides behind the cheeks are drawn smaller. Our choice; mm of the base mesh."""
    scalp, neck, side = smooth_step(centres[:, 1], 775, 820), smooth_step(-centres[:, 1], -622, -600), smooth_step(-centres[:, 2], -78, -62)
    return (1 - 0.55 * scalp) * (1 - 0.5 * neck) * (1 - 0.6 * side)


def _circle(rim: Float64[np.ndarray, "r 3"]) -> Float64[np.ndarray, "r 2"]:
    """The outer rim on a circle by arc length, its highest point on top, in the sense in which its faces are seen from the front."""
    length = np.linalg.norm(np.roll(rim, -1, axis=0) - rim, axis=1)
    along = np.concatenate([[0], np.cumsum(length)[:-1]]) / length.sum()
    top = int(np.argmax(rim[:, 1] - 0.1 * np.abs(rim[:, 0])))
    angle = 2 * np.pi * (along - along[top])
    return np.stack([-np.sin(angle), np.cos(angle)], axis=1) * 120.0


def _upright(plane: Float64[np.ndarray, "n 2"], points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 2"]:
    """Turns the chart so that the face's midline is the vertical u = 0."""
    midline = np.flatnonzero(np.abs(points[:, 0]) < 0.5)
    centre = plane[midline].mean(axis=0)
    axis = np.linalg.svd(plane[midline] - centre)[2][0]
    axis *= np.sign(axis @ (plane[midline[points[midline, 1].argmax()]] - centre))
    return (plane - centre) @ np.array([[axis[1], axis[0]], [-axis[0], axis[1]]])


def _fitted(plane: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
    """Scales the chart uniformly into the square, centred."""
    low, high = plane.min(axis=0), plane.max(axis=0)
    return (plane - (low + high) / 2) / (high - low).max() * (1 - 2 * _MARGIN) + 0.5
