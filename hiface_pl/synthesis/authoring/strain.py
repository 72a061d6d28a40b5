"""How facial actions squeeze the skin: where furrows appear, across which direction, and how much tension they come with."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int32
from scipy.ndimage import gaussian_filter

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.details.tension import RATIOS, SHORTEST
from hiface_pl.face_models.face_model import FaceModel, Part, unit_base
from hiface_pl.face_models.uv_atlas import to_texels
from hiface_pl.synthesis.authoring.canvas import Canvas

ACTIONS: tuple[dict[str, float], ...] = (
    {"mouthSmile": 1.0, "cheekSquint": 0.7},
    {"browInnerUp": 1.0, "browOuterUp": 1.0},
    {"browDown": 1.0},
    {"eyeSquint": 1.0, "cheekSquint": 0.7},
    {"noseSneer": 1.0},
    {"mouthFrown": 1.0},
    {"mouthDimple": 1.0},
    {"mouthPucker": 0.8},
    {"mouthShrugLower": 1.0},
    {"mouthStretch": 1.0},
    {"mouthUpperUp": 0.7},
    {"browInnerUp": 1.0},
)
"""What a face does when it wrinkles, in unit names shared by ARKit-like models. Our choice."""

Map = Float32[np.ndarray, "r r"]


@dataclass(frozen=True)
class FoldField:
    """Per texel: `angle` of the strongest squeeze (radians, columns to rows), `strength` 0 to 1.2, largest `tension` over the actions."""

    angle: Map
    strength: Map
    tension: Map


def fold_field(model: FaceModel, canvas: Canvas) -> FoldField:
    """Folds of the mean face under every action, each relative to its own strongest squeeze, or the lids would swamp the brow."""
    triangles, texture = _skin(model)
    to_texel = _texel_directions(model, canvas.size, triangles, texture)
    local = _local_index(model, canvas)
    tensor = np.zeros((canvas.size, canvas.size, 3), dtype=np.float32)
    strongest, tension = np.zeros((2, canvas.size, canvas.size), dtype=np.float32)
    for action in action_shapes(model):
        squeeze, direction = _squeeze(model.mean, action, triangles)
        across = np.einsum("fij,fj->fi", to_texel, direction)
        across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
        amount = gaussian_filter(squeeze[local] * canvas.atlas.covered, 1.5)
        squeeze = squeeze / _usual_peak(amount, canvas)
        strongest = np.maximum(strongest, amount / _usual_peak(amount, canvas))
        moments = np.stack([across[:, 0] ** 2, across[:, 0] * across[:, 1], across[:, 1] ** 2], axis=1) * squeeze[:, None]
        tensor += (moments[local] * canvas.atlas.covered[..., None]).astype(np.float32)
        felt = edge_tension(model, model.mean, action)[:, None]
        tension = np.maximum(tension, to_texels(canvas.atlas, model.triangles, felt)[..., 0])
    angle, anisotropy = _main_direction(tensor, canvas)
    strength = np.clip(gaussian_filter(strongest, 1.5), 0, 1.2) * np.sqrt(anisotropy)
    return FoldField(angle, strength.astype(np.float32), gaussian_filter(tension, 1.5).astype(np.float32))


def action_shapes(model: FaceModel) -> list[Float32[np.ndarray, "v 3"]]:
    """The mean face in each action. A model that knows none of the unit names gets one action a unit."""
    known = {unit_base(name) for name in model.expression_names} | set(model.expression_names)
    sets = [{name: weight for name, weight in action.items() if name in known} for action in ACTIONS]
    named = [model.vertices(expression=model.expression(**action)) for action in sets if action]
    return named or [model.mean + unit for unit in model.expression_basis]


def edge_tension(
    model: FaceModel, neutral: Float[np.ndarray, "v 3"], posed: Float[np.ndarray, "v 3"], smoothing: int = 2
) -> Float32[np.ndarray, " v"]:
    """Tension t = 1 - mean of |e posed| / |e neutral| over a vertex's quad edges, then half-steps of smoothing.


    Positive where squeezed, zero at vertices without skin. Paper: vertex tension; clamp and smoothing as in `details/tension.py`.
    """
    edges = SkinEdges.of(model).ends
    before = np.linalg.norm(neutral[edges[:, 0]] - neutral[edges[:, 1]], axis=1)
    after = np.linalg.norm(posed[edges[:, 0]] - posed[edges[:, 1]], axis=1)
    shorter = 1 - np.clip(np.where(before > SHORTEST, after / np.maximum(before, SHORTEST), 1), *RATIOS)
    count = len(neutral)
    degree = np.maximum(np.bincount(edges.ravel(), minlength=count), 1)
    tension = np.bincount(edges.ravel(), np.repeat(shorter, 2), minlength=count) / degree
    for _ in range(smoothing):
        around = np.bincount(edges.ravel(), tension[edges[:, ::-1]].ravel(), minlength=count) / degree
        tension = 0.5 * tension + 0.5 * around
    return tension.astype(np.float32)


def _skin(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    skin = model.triangle_part == Part.SKIN
    return model.triangles[skin], model.uv_triangles[skin]


def _local_index(model: FaceModel, canvas: Canvas) -> Int32[np.ndarray, "r r"]:
    """Per texel the row of its triangle among the skin's triangles (0 outside, where nothing may read it)."""
    row = np.cumsum(model.triangle_part == Part.SKIN) - 1
    return np.where(canvas.atlas.covered, row[np.maximum(canvas.atlas.triangle, 0)], 0).astype(np.int32)


def _texel_directions(model: FaceModel, size: int, triangles: np.ndarray, texture: np.ndarray) -> np.ndarray:
    """Per triangle the 2x3 matrix that takes a tangent of the mean face to (columns, rows)."""
    corners = model.mean[triangles].astype(np.float64)
    tangents = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=-1)
    uv = np.stack([model.uv[:, 0], 1 - model.uv[:, 1]], axis=1)[texture] * size
    return np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], axis=-1) @ np.linalg.pinv(tangents)


def _squeeze(neutral: np.ndarray, posed: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per triangle how much it shortens beyond 2 % along its most compressed direction, and that direction on the neutral face."""
    first, second = neutral[triangles].astype(np.float64), posed[triangles].astype(np.float64)
    rest = np.stack([first[:, 1] - first[:, 0], first[:, 2] - first[:, 0]], axis=-1)
    moved = np.stack([second[:, 1] - second[:, 0], second[:, 2] - second[:, 0]], axis=-1)
    x = rest[:, :, 0] / (np.linalg.norm(rest[:, :, 0], axis=1, keepdims=True) + 1e-12)
    normal = np.cross(rest[:, :, 0], rest[:, :, 1])
    y = np.cross(normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12), x)
    flat = np.stack([np.einsum("fik,fi->fk", rest, x), np.einsum("fik,fi->fk", rest, y)], axis=1)
    gradient = moved @ np.linalg.pinv(flat)
    stretches, axes = np.linalg.eigh(np.einsum("fki,fkj->fij", gradient, gradient))
    shortest = np.sqrt(np.maximum(stretches[:, 0], 0))
    direction = axes[:, 0, :1] * x + axes[:, 1, :1] * y
    return np.clip(1 - shortest - 0.02, 0, 0.48), direction


def _usual_peak(amount: np.ndarray, canvas: Canvas) -> float:
    inside = canvas.detail > 0.5
    return max(float(np.quantile(amount[inside], 0.97)) if inside.any() else 0.0, 0.04)


def _main_direction(tensor: np.ndarray, canvas: Canvas) -> tuple[Map, Map]:
    """Angle of the tensor's main axis, smoothed as a doubled angle, and its anisotropy in [0, 1]."""
    weight = gaussian_filter(canvas.atlas.covered.astype(np.float32), 2.0) + 1e-6
    xx, xy, yy = (gaussian_filter(tensor[..., c], 2.0) / weight for c in range(3))
    size = np.hypot(xx - yy, 2 * xy)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    smooth = 0.5 * np.arctan2(gaussian_filter(size * np.sin(2 * angle), 3), gaussian_filter(size * np.cos(2 * angle), 3))
    return smooth.astype(np.float32), (size / (xx + yy + 1e-6)).astype(np.float32)
