"""Draws furrows: a valley with raised rims along a polyline in the face chart."""

from collections.abc import Sequence
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float32, Int
from numba import njit

RIM = 0.28
"""Height of the rims relative to the valley's depth. Our choice."""
RIM_WIDTH = 2.2
"""Width of the rims relative to the valley's. Our choice."""


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def draw_furrows(
    height: Float32[np.ndarray, " n"],
    s: Float32[np.ndarray, " n"],
    y: Float32[np.ndarray, " n"],
    points: Float32[np.ndarray, "p 2"],
    depth: Float32[np.ndarray, " p"],
    width: Float32[np.ndarray, " p"],
    first: Int[np.ndarray, " l1"],
) -> None:  # pragma: no cover
    """Adds -a (exp(-q/2) - RIM exp(-q/(2 RIM_WIDTH^2))), q = (distance / width)^2, for every line to `height` (mm) at (s, y).

    Line i has the points first[i] to first[i + 1] - 1; `depth` a and `width` (mm) are given per point.
    """
    for line in range(first.shape[0] - 1):
        start, end = first[line], first[line + 1]
        reach = 3.0 * RIM_WIDTH * width[start:end].max()
        s_low, s_high = points[start:end, 0].min() - reach, points[start:end, 0].max() + reach
        y_low, y_high = points[start:end, 1].min() - reach, points[start:end, 1].max() + reach
        for texel in range(s.shape[0]):
            ps, py = s[texel], y[texel]
            if ps < s_low or ps > s_high or py < y_low or py > y_high:
                continue
            best, best_width, best_depth = np.float32(1e9), np.float32(1.0), np.float32(0.0)
            for i in range(start, end - 1):
                ds, dy = points[i + 1, 0] - points[i, 0], points[i + 1, 1] - points[i, 1]
                t = ((ps - points[i, 0]) * ds + (py - points[i, 1]) * dy) / (ds * ds + dy * dy + np.float32(1e-9))
                t = min(max(t, np.float32(0.0)), np.float32(1.0))
                away = (ps - points[i, 0] - t * ds) ** 2 + (py - points[i, 1] - t * dy) ** 2
                if away < best:
                    best = away
                    best_width = width[i] + t * (width[i + 1] - width[i])
                    best_depth = depth[i] + t * (depth[i + 1] - depth[i])
            q = best / (best_width * best_width)
            if q < 9.0 * RIM_WIDTH * RIM_WIDTH:
                height[texel] -= best_depth * (np.exp(np.float32(-0.5) * q) - np.float32(RIM) * np.exp(-q / np.float32(2 * RIM_WIDTH**2)))


def spline(control: Sequence[Any] | np.ndarray, count: int) -> Float32[np.ndarray, "{count} 2"]:
    """`count` points on the Catmull-Rom curve through the (s, y) pairs of `control`."""
    given = np.asarray(control, dtype=np.float64)
    padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    place = np.linspace(0, len(given) - 1 - 1e-6, count)
    index = place.astype(int)
    t = (place - index)[:, None]
    a, b, c, d = (padded[index + k] for k in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return curve.astype(np.float32)
