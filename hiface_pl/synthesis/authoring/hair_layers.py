"""Where hair grows on a face: scalp, brows and beard, with strands that follow the way hair lies. Our choice throughout; lengths in mm."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import smooth_step
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.furrows import FurrowGrower

Map = Float32[np.ndarray, "r r"]


def strand_angle(canvas: Canvas) -> Map:
    """The direction across the strands in texels (radians): hair leaves the face, brows run outwards, beards hang."""
    chart = canvas.chart
    side = np.sign(canvas.s)
    middle = chart.eye_y - 10
    back_s, back_y = canvas.s, np.maximum(canvas.y - middle, 4.0)
    scalp = smooth_step(canvas.y, chart.brow_y + 8, chart.brow_y + 14)
    brows = smooth_step(canvas.y, chart.eye_y + 4, chart.eye_y + 8) * (1 - scalp)
    across_s = scalp * back_s + brows * side * 10 + (1 - scalp - brows) * side * 2
    across_y = scalp * back_y + brows * 4.0 - (1 - scalp - brows) * 10
    s_column, s_row = np.gradient(canvas.s, axis=1), np.gradient(canvas.s, axis=0)
    y_column, y_row = np.gradient(canvas.y, axis=1), np.gradient(canvas.y, axis=0)
    # The strand's direction, carried to texels by the inverse Jacobian, then turned by 90 degrees.
    column = y_row * across_s - s_row * across_y
    row = -y_column * across_s + s_column * across_y
    return np.arctan2(column, -row).astype(np.float32)


def strands(canvas: Canvas, grower: FurrowGrower, rng: np.random.Generator) -> Map:
    """Hair-like streaks in [-1, 1], about 3 mm apart: one streak is a tuft."""
    white = rng.standard_normal((canvas.size, canvas.size), dtype=np.float32)
    return grower.grow(white, max(3.2, 2.6 * canvas.texel_mm), 2)


def scalp_hair(canvas: Canvas, streaks: Map, soft: Map, rng: np.random.Generator) -> Map:
    """Cover of the hair cap in [0, 1]; its edge breaks up along the strands and thins over a centimetre."""
    chart, side = canvas.chart, np.abs(canvas.s)
    front, recession = chart.hairline_y + rng.normal(-4, 4), rng.uniform(0, 1) ** 2
    temple = 0.62 * chart.ear_s

    def edge(across: Map) -> Map:
        """Height of the hairline: receding above the temples, then down in front of the ears."""
        down = 30 * smooth_step(across, temple, 0.98 * chart.ear_s) + 55 * smooth_step(across, 0.80 * chart.ear_s, 0.97 * chart.ear_s)
        return np.asarray(front + 9 * recession * np.exp(-(((across - temple) / 14) ** 2)) - down, dtype=np.float32)

    slope = edge(side + 0.5) - edge(side - 0.5)
    inside = (canvas.y - edge(side)) / np.hypot(1, slope)
    burns = smooth_step(canvas.y, chart.eye_y - rng.uniform(2, 22), chart.eye_y + 8)
    return (smooth_step(inside + 3.0 * soft + 1.6 * streaks, -7.0, 9.0) * burns).astype(np.float32)


def brows(canvas: Canvas, streaks: Map, rng: np.random.Generator) -> Map:
    """Cover of the brows in [0, 1]: dense at their middle, thin and pointed at the outer end, combed outwards."""
    half, lift, arch, thin = rng.uniform(2.7, 4.6), rng.normal(-1.0, 0.7), rng.normal(0.2, 0.8), rng.uniform(0.4, 0.7)
    cover = np.zeros_like(canvas.s)
    for points in (canvas.chart.landmarks[21:16:-1], canvas.chart.landmarks[22:27]):
        bow = points + np.stack([np.zeros(5), lift + arch * np.sin(np.linspace(0, np.pi, 5))], axis=1)
        away, along = _polyline(canvas, bow * np.array([1.0, 1.0]))
        width = half * canvas.chart.scale * (1 - thin * along**1.5) * (0.75 + 0.25 * smooth_step(along, 0, 0.25))
        ends = smooth_step(along, -0.01, 0.12) * (1 - 0.8 * smooth_step(along, 0.8, 1.0))
        cover = np.maximum(cover, smooth_step(width - away + 0.5 * streaks, -1.0, 1.7) * (0.4 + 0.6 * ends) * (0.88 + 0.12 * streaks))
    return np.clip(cover, 0, 1).astype(np.float32)


def beard(canvas: Canvas, streaks: Map, soft: Map, grain: Map, rng: np.random.Generator) -> Map:
    """Where a beard grows, as density in [0, 1] with the grain of stubble; a third are only around the mouth."""
    chart, side = canvas.chart, np.abs(canvas.s)
    wide = chart.mouth_half
    top = np.interp(
        side, [0, wide + 4, wide + 18, chart.ear_s], [chart.nose_base_y - 3, chart.nose_base_y - 9, chart.mouth_y - 9, chart.mouth_y + 10]
    )
    zone = smooth_step(top - canvas.y + 2.5 * soft, -1, 9) * smooth_step(canvas.mouth, 0.8, 4)
    zone = zone * smooth_step(canvas.y, chart.chin_y - 30, chart.chin_y - 12)
    if rng.random() < 0.33:
        zone = zone * (1 - smooth_step(side + 2 * soft, wide + 3, wide + 14))
    below_lip = canvas.bump(0, float(chart.landmarks[57, 1]) - 5, 14, 3.5)
    return np.clip(zone * (1 - 0.45 * below_lip) * (0.8 + 0.2 * streaks + 0.12 * grain), 0, 1).astype(np.float32)


def _polyline(canvas: Canvas, points: np.ndarray) -> tuple[Map, Map]:
    """Distance in mm to an open polyline, and where along it (0 to 1) the nearest point lies."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    start = np.concatenate([[0], np.cumsum(lengths)])
    best, along = np.full(canvas.s.shape, np.inf, dtype=np.float32), np.zeros_like(canvas.s)
    for index, (a, b) in enumerate(pairwise(points)):
        step = b - a
        t = np.clip(((canvas.s - a[0]) * step[0] + (canvas.y - a[1]) * step[1]) / (step @ step + 1e-9), 0, 1)
        away = np.hypot(canvas.s - a[0] - t * step[0], canvas.y - a[1] - t * step[1])
        nearer = away < best
        along = np.where(nearer, (start[index] + t * lengths[index]) / max(start[-1], 1e-9), along)
        best = np.minimum(best, away)
    return best.astype(np.float32), along.astype(np.float32)
