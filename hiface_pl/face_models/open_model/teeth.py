"""Two rows of teeth in place of the base mesh's bands: ten crowns each on an arch, moved by identity and jaw like the bands."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import cKDTree

from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.open_model.head import HeadMesh

_CROWNS = (8.5, 6.6, 7.4, 6.8, 6.8)
"""Widths in mm from the middle to the side."""
_PROFILE = ((0.0, 0.0), (0.9, 0.45), (0.6, 0.93), (-1.8, 1.0), (-4.5, 0.1))
"""A crown from gum over edge to back: (mm towards the lips, share of the crown's height)."""
_GAP_DEPTH, _GAP_EDGE = 0.8, 0.07


@dataclass(frozen=True)
class _Row:
    """An arch: an ellipse of half width `width` and depth `depth`, its front at `front` mm behind the upper band's.

    `gum` and `edge` are heights in mm over the upper band's lowest point; `curve` lifts the edge towards the sides.
    """

    upper: bool
    front: float
    width: float
    depth: float
    gum: float
    edge: float
    curve: float


_ROWS = (
    _Row(upper=True, front=0.8, width=27.0, depth=38.0, gum=8.5, edge=-0.5, curve=2.4),
    _Row(upper=False, front=3.6, width=24.5, depth=35.0, gum=-11.5, edge=-1.9, curve=1.0),
)
"""Lip to lip a person sees the edge of the upper row; both edges stay apart at rest, so that closed lips show a dark line."""


def with_teeth(head: HeadMesh) -> tuple[HeadMesh, Float64[np.ndarray, "n v"]]:
    """The head with rows of teeth, and the matrix that takes positions or displacements of the old vertices to the new ones.

    Each new tooth vertex is an affine combination of its band's vertices, so the rows follow every identity and unit that moves the band.
    """
    bands = _bands(head)
    low, front = head.vertices[bands[0], 1].min(), head.vertices[bands[0], 2].max()
    kept = np.flatnonzero(~np.isin(np.arange(len(head.vertices)), np.concatenate(bands)))
    blocks, faces, count = [np.eye(len(head.vertices))[kept]], [], len(kept)
    for row, band in zip(_ROWS, bands, strict=True):
        vertices, quads = _row_mesh(row)
        vertices += [0, low, front]
        block = np.zeros((len(vertices), len(head.vertices)))
        block[:, band] = _affine(vertices) @ np.linalg.pinv(_affine(head.vertices[band]))
        blocks.append(block)
        faces.append(quads + count)
        count += len(vertices)
    carry = np.concatenate(blocks)
    return _joined(head, kept, carry, np.concatenate(faces)), carry


def _joined(head: HeadMesh, kept: np.ndarray, carry: np.ndarray, teeth: Int64[np.ndarray, "t 4"]) -> HeadMesh:
    others = head.part != Part.TEETH
    vertices = carry @ head.vertices
    new = len(vertices) - len(kept)
    return replace(
        head,
        vertices=vertices,
        quads=np.concatenate([np.searchsorted(kept, head.quads[others]), teeth]),
        part=np.concatenate([head.part[others], np.full(len(teeth), Part.TEETH, dtype=np.uint8)]),
        used=np.concatenate([head.used[kept], head.base_vertices + np.arange(new)]),
        mirror=np.asarray(cKDTree(vertices).query(vertices * [-1, 1, 1])[1], dtype=np.int64),
    )


def _bands(head: HeadMesh) -> list[Int64[np.ndarray, " b"]]:
    """Vertices of the upper and of the lower band."""
    used = head.of_part(Part.TEETH)
    half = len(used) // 2
    first, second = used[:half], used[half:]
    return [first, second] if head.vertices[first, 1].mean() > head.vertices[second, 1].mean() else [second, first]


def _affine(points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 4"]:
    return np.concatenate([points, np.ones((len(points), 1))], axis=1)


def _row_mesh(row: _Row) -> tuple[Float64[np.ndarray, "n 3"], Int64[np.ndarray, "f 4"]]:
    """Vertices in mm around (0, lowest point of the band, its front), column by column, and quads that look out of the mouth."""
    half = np.concatenate([[0.0], np.cumsum(np.repeat(np.array(_CROWNS) / 2, 2))])
    along = np.concatenate([-half[:0:-1], half])
    gap = np.arange(len(along)) % 2 == 0
    angle = _angle_at(row, along)
    place = np.stack([row.width * np.sin(angle), row.depth * (np.cos(angle) - 1) - row.front], axis=1)
    normal = np.stack([np.sin(angle) / row.width, np.cos(angle) / row.depth], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    columns = []
    for outwards, share in _PROFILE:
        flat = place + (outwards - _GAP_DEPTH * gap * (outwards > 0))[:, None] * normal
        edge = row.edge + row.curve * (1 - np.cos(angle)) * 2
        height = row.gum + (edge - row.gum) * share * (1 - _GAP_EDGE * gap)
        columns.append(np.stack([flat[:, 0], height, flat[:, 1]], axis=1))
    vertices = np.stack(columns, axis=1)
    index = np.arange(vertices.shape[0] * vertices.shape[1]).reshape(vertices.shape[:2])
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1).reshape(-1, 4)
    return vertices.reshape(-1, 3), quads if row.upper else quads[:, ::-1].copy()


def _angle_at(row: _Row, along: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """The ellipse's parameter at arc lengths from the front."""
    fine = np.linspace(-np.pi / 2, np.pi / 2, 2001)
    speed = np.hypot(row.width * np.cos(fine), row.depth * np.sin(fine))
    length = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(fine))])
    return np.interp(along, length - length[1000], fine)
