"""Neck, shoulders and the hair behind the head: flat shapes behind the drawn face, so that no face floats. Linear RGB."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.synthesis.drawing.covers import Canvas, polygon_mask
from hiface_pl.synthesis.placement import project_points

SHOULDER = ((0.0, 22.0), (0.62, 20.0), (0.85, 4.0), (1.25, -18.0), (2.3, -48.0), (3.0, -66.0), (3.45, -110.0), (3.6, -420.0))
"""Right half of the outline: across in half neck widths, height in mm over the collar. Our choice."""


@dataclass(frozen=True)
class Hair:
    """Hair behind the head: linear RGB, how far it stands out (mm), and how far below the chin it falls (mm), None if it is short."""

    colour: Float32[np.ndarray, " 3"]
    volume: float
    length: float | None


def draw_shoulders(
    rng: np.random.Generator,
    canvas: Canvas,
    place: Float[np.ndarray, "v 3"],
    pivot: Float[np.ndarray, " 3"],
    half_neck: float,
    cloth: np.ndarray,
) -> None:
    """Shoulders below `pivot` (camera frame, mm); `place` is the part of the head's rotation that the body follows."""
    right = np.array([[half_neck * x, y, -0.12 * abs(y)] for x, y in SHOULDER])
    left = right[::-1] * np.array([-1, 1, 1])
    outline = project_points(np.concatenate([right, left]) @ place.T + pivot)
    rows = np.linspace(0, 1, canvas.size, dtype=np.float32)[:, None, None]
    folds = cv2.resize(rng.random((3, 6), dtype=np.float32), (canvas.size, canvas.size), interpolation=cv2.INTER_CUBIC)[..., None]
    canvas.put(polygon_mask(canvas.size, [outline]), cloth * (1.1 - 0.35 * rows) * (0.8 + 0.35 * folds))


def draw_back_hair(
    rng: np.random.Generator, canvas: Canvas, outline: Float[np.ndarray, "n 2"], chin: float, scale: float, hair: Hair
) -> None:
    """Hair around `outline`, the head's convex hull in image widths; `scale` is image widths per mm, `chin` the chin's y in the image."""
    top, height = outline[:, 1].min(), chin - outline[:, 1].min()
    centre = np.array([0.5 * (outline[:, 0].min() + outline[:, 0].max()), top + 0.45 * height])
    away = outline - centre
    ends = top + height * (0.55 if hair.length is None else 0.8)  # short hair ends at the ears, where its volume has run out
    fading = np.clip((ends - outline[:, 1]) / (0.3 * height), 0, 1) if hair.length is None else np.ones(len(outline))
    grown = centre + away * (1 + hair.volume * scale * fading / np.linalg.norm(away, axis=1))[:, None]
    points = grown[outline[:, 1] < ends]
    if hair.length is not None:
        points = np.concatenate([points, _curtain(rng, points, chin + hair.length * scale)])
    if len(points) < 3:
        return
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    mask = cv2.GaussianBlur(polygon_mask(canvas.size, [hull]), (0, 0), canvas.size * 0.006)
    streaks = cv2.resize(rng.random((3, 40), dtype=np.float32), (canvas.size, canvas.size), interpolation=cv2.INTER_LINEAR)[..., None]
    canvas.put(np.asarray(mask, np.float32), hair.colour * (0.25 + 0.5 * streaks))


def _curtain(rng: np.random.Generator, points: np.ndarray, bottom: float) -> np.ndarray:
    """Lower ends of long hair, a little outside or inside of its widest points, rounded off."""
    left, right = points[:, 0].min(), points[:, 0].max()
    wider = 0.12 * (right - left) * rng.uniform(-0.6, 1, 2)
    low, high = bottom + rng.uniform(-0.02, 0.02, 2)
    inner = 0.15 * (right - left)
    return np.array(
        [[left - wider[0], low - 0.06], [left - wider[0] + inner, low], [right + wider[1] - inner, high], [right + wider[1], high - 0.06]]
    )
