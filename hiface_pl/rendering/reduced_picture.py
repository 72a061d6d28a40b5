"""Pictures of vertex colours at a fraction of the fragments' size, in one pass: interpolated, averaged, laid over a plain background."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float32, Int64, Integer, UInt8


def reduced_picture(
    triangle: Int64[np.ndarray, "f f"],
    weights: Float32[np.ndarray, "f f 3"],
    triangles: Integer[np.ndarray, "m 3"],
    colours: Float32[np.ndarray, "n 3"],
    size: int,
    background: float,
) -> tuple[UInt8[np.ndarray, "s s 3"], Float32[np.ndarray, "s s"]]:
    """RGB (0 to 255, as `colours`) of `size` pixels a side, a divisor of the fragments', and how much of each pixel is covered, 0 to 1."""
    pixels, coverage = np.empty((size, size, 3), np.uint8), np.empty((size, size), np.float32)
    _reduce(triangle, weights, triangles, colours, len(triangle) // size, np.float32(background), pixels, coverage)
    return pixels, coverage


def seen_vertices(triangle: Int64[np.ndarray, "f f"], triangles: Integer[np.ndarray, "m 3"], vertices: int) -> Int64[np.ndarray, " k"]:
    """Which of so many vertices are corners of triangles that some pixel sees."""
    seen: Bool[np.ndarray, " n"] = np.zeros(vertices, np.bool_)
    _mark(triangle, triangles, seen)
    return np.flatnonzero(seen)


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _reduce(triangle, weights, triangles, colours, finer, background, pixels, coverage):
    share = np.float32(1 / finer**2)
    for r in range(pixels.shape[0]):
        for c in range(pixels.shape[1]):
            red = green = blue = np.float32(0)
            covered = 0
            for y in range(r * finer, (r + 1) * finer):
                for x in range(c * finer, (c + 1) * finer):
                    t = triangle[y, x]
                    if t < 0:
                        continue
                    covered += 1
                    for corner in range(3):
                        v, w = triangles[t, corner], weights[y, x, corner]
                        red += w * colours[v, 0]
                        green += w * colours[v, 1]
                        blue += w * colours[v, 2]
            coverage[r, c] = covered * share
            rest = background * (1 - coverage[r, c])
            pixels[r, c, 0] = np.uint8(np.rint(red * share + rest))
            pixels[r, c, 1] = np.uint8(np.rint(green * share + rest))
            pixels[r, c, 2] = np.uint8(np.rint(blue * share + rest))


@numba.njit(nogil=True, cache=True)
@no_type_check
def _mark(triangle, triangles, seen):
    for y in range(triangle.shape[0]):
        for x in range(triangle.shape[1]):
            t = triangle[y, x]
            if t >= 0:
                for corner in range(3):
                    seen[triangles[t, corner]] = True
