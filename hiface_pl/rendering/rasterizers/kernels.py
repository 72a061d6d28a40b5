"""Compiled z-buffer and its gradient. The arithmetic is PyTorch3D's, operation by operation, so that both see the same triangles.

Pixel centres are compared with every triangle whose bounding box holds them; nothing is clipped: a triangle with a corner behind the
camera, or of almost no area, is dropped. The nearest triangle wins, of equally near ones the first. Kernels work in float32 and float64,
hold no lock, and keep no state: a data generator may call them from any thread or process.
"""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int64, Integer

EPSILON = 1e-8
"""Smallest area, depth and denominator. PyTorch3D: kEpsilon."""
SLACK = 1e-2
"""Bounding boxes in pixels are this much too large, because they are rounded differently from the comparison that decides."""
CLOSER = 1 - 1e-5
"""A triangle whose nearest corner times this lies behind the pixel's depth cannot win it: no need to compute where it hits."""


def zbuffer(
    ndc: Float[np.ndarray, "v 3"], triangles: Integer[np.ndarray, "m 3"], height: int, width: int, cull_backfaces: bool = False
) -> tuple[Int64[np.ndarray, "h w"], Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """Triangle (-1 in the background), perspective-correct barycentric weights and depth of each pixel of one mesh.

    `ndc` as in `Rasterizer.forward`: x left, y up, the shorter image side spans [-1, 1], z is the depth.
    """
    ndc = np.ascontiguousarray(ndc)
    buffers = empty_buffers(1, height, width, ndc.dtype)
    rasterize(ndc[None], np.ascontiguousarray(triangles), *pixel_centres(height, width, ndc.dtype), cull_backfaces, *buffers)
    return buffers[0][0], buffers[1][0], buffers[2][0]


def empty_buffers(
    count: int, height: int, width: int, dtype: np.dtype
) -> tuple[Int64[np.ndarray, "b h w"], Float[np.ndarray, "b h w 3"], Float[np.ndarray, "b h w"]]:
    """Room for the triangles, weights and depths of `count` images; `rasterize` overwrites all of it."""
    size = (count, height, width)
    return np.empty(size, np.int64), np.empty((*size, 3), dtype), np.empty(size, dtype)


def pixel_centres(height: int, width: int, dtype: np.dtype) -> tuple[Float[np.ndarray, " w"], Float[np.ndarray, " h"]]:
    """The columns' x and the rows' y in device coordinates, both falling; rounded as PyTorch3D does."""
    return _centres(width, height, dtype.type), _centres(height, width, dtype.type)


def _centres(count: int, other: int, real: type[np.floating]) -> Float[np.ndarray, " n"]:
    span = real(count * 2.0) / real(other) if count > other else real(2)
    offset = span / real(2)
    return -offset + (span * np.arange(count - 1, -1, -1).astype(real) + offset) / real(count)


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def rasterize(ndc, triangles, xs, ys, cull_backfaces, triangle, weights, depth):
    """Fills `triangle`, `weights` and `depth` (b, h, w[, 3]) for meshes `ndc` (b, v, 3)."""
    columns, rows = np.empty(ndc.shape[1], ndc.dtype), np.empty(ndc.shape[1], ndc.dtype)
    for n in range(ndc.shape[0]):
        triangle[n] = -1
        weights[n] = 0
        depth[n] = np.inf
        _pixel_positions(ndc[n], xs, ys, columns, rows)
        for t in range(triangles.shape[0]):
            _draw(
                t,
                triangles[t, 0],
                triangles[t, 1],
                triangles[t, 2],
                ndc[n],
                columns,
                rows,
                xs,
                ys,
                cull_backfaces,
                triangle[n],
                weights[n],
                depth[n],
            )
        _clear_background(triangle[n], depth[n])


@numba.njit(nogil=True, error_model="numpy", inline="always")
@no_type_check
def _pixel_positions(points, xs, ys, columns, rows):
    """Where vertices lie in pixels, clipped to just outside the image."""
    real = points.dtype.type
    pixels = real(min(xs.shape[0], ys.shape[0]) / 2)
    outside, right, bottom = real(-2), real(xs.shape[0] + 1), real(ys.shape[0] + 1)
    for v in range(points.shape[0]):
        columns[v] = min(max((xs[0] - points[v, 0]) * pixels, outside), right)
        rows[v] = min(max((ys[0] - points[v, 1]) * pixels, outside), bottom)


@numba.njit(nogil=True, error_model="numpy", inline="always")
@no_type_check
def _draw(t, i, j, k, points, columns, rows, xs, ys, cull_backfaces, triangle, weights, depth):
    """Draws one triangle into the z-buffer of one image."""
    first_row = int(np.ceil(min(rows[i], rows[j], rows[k]) - SLACK))
    last_row = int(np.floor(max(rows[i], rows[j], rows[k]) + SLACK))
    first_column = int(np.ceil(min(columns[i], columns[j], columns[k]) - SLACK))
    last_column = int(np.floor(max(columns[i], columns[j], columns[k]) + SLACK))
    first_row, last_row = max(first_row, 0), min(last_row, ys.shape[0] - 1)
    first_column, last_column = max(first_column, 0), min(last_column, xs.shape[0] - 1)
    if first_row > last_row or first_column > last_column:
        return
    real = points.dtype.type
    x0, y0, z0 = points[i, 0], points[i, 1], points[i, 2]
    x1, y1, z1 = points[j, 0], points[j, 1], points[j, 2]
    x2, y2, z2 = points[k, 0], points[k, 1], points[k, 2]
    facing = (x0 - x1) * (y2 - y1) - (y0 - y1) * (x2 - x1)
    nearest = min(z0, z1, z2)
    if not abs(facing) > EPSILON or not nearest >= EPSILON or (cull_backfaces and facing < 0):
        return
    area = real((x2 - x0) * (y1 - y0) - (y2 - y0) * (x1 - x0) + EPSILON)
    left, right, low, high = min(x0, x1, x2), max(x0, x1, x2), min(y0, y1, y2), max(y0, y1, y2)
    for r in range(first_row, last_row + 1):
        y = ys[r]
        if y > high or y < low:
            continue
        for c in range(first_column, last_column + 1):
            x = xs[c]
            if x > right or x < left or nearest * CLOSER > depth[r, c]:
                continue
            e0 = (x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)
            e1 = (x - x2) * (y0 - y2) - (y - y2) * (x0 - x2)
            e2 = (x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)
            if not ((e0 > 0 and e1 > 0 and e2 > 0) if area > 0 else (e0 < 0 and e1 < 0 and e2 < 0)):
                continue
            w0, w1, w2 = e0 / area, e1 / area, e2 / area
            t0, t1, t2 = w0 * z1 * z2, w1 * z0 * z2, w2 * z0 * z1
            total = max(t0 + t1 + t2, real(EPSILON))
            w0, w1, w2 = t0 / total, t1 / total, t2 / total
            z = w0 * z0 + w1 * z1 + w2 * z2
            if w0 > 0 and w1 > 0 and w2 > 0 and z < depth[r, c]:
                triangle[r, c] = t
                depth[r, c] = z
                weights[r, c, 0] = w0
                weights[r, c, 1] = w1
                weights[r, c, 2] = w2


@numba.njit(nogil=True, error_model="numpy")
@no_type_check
def _clear_background(triangle, depth):
    for r in range(depth.shape[0]):
        for c in range(depth.shape[1]):
            if triangle[r, c] < 0:
                depth[r, c] = 0


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def rasterize_backward(ndc, triangles, xs, ys, triangle, weights_gradient, depth_gradient, ndc_gradient):
    """Writes d loss / d `ndc` (b, v, 3) from the gradients of weights and depth at the visible pixels."""
    for n in range(ndc.shape[0]):
        ndc_gradient[n] = 0
        for r in range(ys.shape[0]):
            for c in range(xs.shape[0]):
                t = triangle[n, r, c]
                if t >= 0:
                    _pixel_gradient(
                        triangles[t, 0],
                        triangles[t, 1],
                        triangles[t, 2],
                        ndc[n],
                        xs[c],
                        ys[r],
                        weights_gradient[n, r, c],
                        depth_gradient[n, r, c],
                        ndc_gradient[n],
                    )


@numba.njit(nogil=True, error_model="numpy", inline="always")
@no_type_check
def _pixel_gradient(i, j, k, points, x, y, weights_gradient, depth_gradient, out):
    """Adds what one pixel at (x, y) says about the corners of its triangle.

    With edge functions e, E = e / area, T = E times the other two depths and S = sum T, weights are w = T / S and the depth w . z.
    Computed in double precision: the differences below cancel where triangles are small.
    """
    x0, y0, z0 = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
    x1, y1, z1 = np.float64(points[j, 0]), np.float64(points[j, 1]), np.float64(points[j, 2])
    x2, y2, z2 = np.float64(points[k, 0]), np.float64(points[k, 1]), np.float64(points[k, 2])
    inverse = 1 / ((x2 - x0) * (y1 - y0) - (y2 - y0) * (x1 - x0) + EPSILON)
    b0 = ((x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)) * inverse
    b1 = ((x - x2) * (y0 - y2) - (y - y2) * (x0 - x2)) * inverse
    b2 = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) * inverse
    t0, t1, t2 = b0 * z1 * z2, b1 * z0 * z2, b2 * z0 * z1
    share = 1 / max(t0 + t1 + t2, EPSILON)
    w0, w1, w2 = t0 * share, t1 * share, t2 * share
    g0, g1, g2 = (
        weights_gradient[0] + depth_gradient * z0,
        weights_gradient[1] + depth_gradient * z1,
        weights_gradient[2] + depth_gradient * z2,
    )
    mean = g0 * w0 + g1 * w1 + g2 * w2
    g0, g1, g2 = (g0 - mean) * share, (g1 - mean) * share, (g2 - mean) * share
    out[i, 2] += g1 * b1 * z2 + g2 * b2 * z1 + depth_gradient * w0
    out[j, 2] += g0 * b0 * z2 + g2 * b2 * z0 + depth_gradient * w1
    out[k, 2] += g0 * b0 * z1 + g1 * b1 * z0 + depth_gradient * w2
    g0, g1, g2 = g0 * z1 * z2 * inverse, g1 * z0 * z2 * inverse, g2 * z0 * z1 * inverse
    mean = g0 * b0 + g1 * b1 + g2 * b2
    g0, g1, g2 = g0 - mean, g1 - mean, g2 - mean
    out[i, 0] += g1 * (y2 - y) + g2 * (y - y1)
    out[i, 1] += g1 * (x - x2) + g2 * (x1 - x)
    out[j, 0] += g0 * (y - y2) + g2 * (y0 - y)
    out[j, 1] += g0 * (x2 - x) + g2 * (x - x0)
    out[k, 0] += g0 * (y1 - y) + g1 * (y - y0)
    out[k, 1] += g0 * (x - x1) + g1 * (x0 - x)
