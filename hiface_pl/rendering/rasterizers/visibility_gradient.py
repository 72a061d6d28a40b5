"""The compiled gradient of weights and depth with respect to the vertices.

Visible pixels are gathered `CHUNK` at a time into columns of numbers; the arithmetic on the columns has no branch and no index, so that
the compiler works on several pixels in one instruction; the results are then added to the vertices. Computed in double precision: the
differences below cancel where triangles are small.
"""

from typing import no_type_check

import numpy as np

from hiface_pl.rendering.compiling import U, inlined, kernel
from hiface_pl.rendering.rasterizers.visibility import EPSILON

CHUNK = U(128)
"""Pixels at a time. A constant: only so can the compiler prove that columns do not overlap."""
POINTS, DEPTHS, GRADIENTS, RESULTS, COLUMNS = U(0), 6 * CHUNK, 9 * CHUNK, 13 * CHUNK, 22 * CHUNK
"""Where columns begin: x and y of the pixel minus those of the three corners; the corners' z; the gradients of three weights and of the
depth; the results, x, y and z of each corner.
"""


@kernel
@no_type_check
def rasterize_backward(ndc, triangles, xs, ys, triangle, weights_gradient, depth_gradient, ndc_gradient):
    """Writes d loss / d `ndc` (b, v, 3) from the gradients of weights and depth at the visible pixels."""
    columns, corners = np.empty(COLUMNS, np.float64), np.empty(U(3) * CHUNK, np.uintp)
    for n in range(ndc.shape[0]):
        ndc_gradient[n] = 0
        count = U(0)
        for r in range(ys.shape[0]):
            for c in range(xs.shape[0]):
                if triangle[n, r, c] < 0:
                    continue
                t = U(triangle[n, r, c])
                corner = U(triangles[t, 0]), U(triangles[t, 1]), U(triangles[t, 2])
                _gather_corners(ndc[n], corner, np.float64(xs[c]), np.float64(ys[r]), count, columns, corners)
                _gather_gradients(weights_gradient[n, r, c], depth_gradient[n, r, c], count, columns)
                count += U(1)
                if count == CHUNK:
                    _gradients(count, columns)
                    _scatter(count, columns, corners, ndc_gradient[n])
                    count = U(0)
        _gradients(count, columns)
        _scatter(count, columns, corners, ndc_gradient[n])


@inlined
@no_type_check
def _gather_corners(points, corner, x, y, at, columns, corners):
    for a in range(3):
        vertex, column = corner[a], at + U(a) * CHUNK
        corners[column] = vertex
        columns[column + U(a) * CHUNK] = x - np.float64(points[vertex, 0])
        columns[column + U(a) * CHUNK + CHUNK] = y - np.float64(points[vertex, 1])
        columns[column + DEPTHS] = points[vertex, 2]


@inlined
@no_type_check
def _gather_gradients(weights_gradient, depth_gradient, at, columns):
    for a in range(3):
        columns[at + GRADIENTS + U(a) * CHUNK] = weights_gradient[a]
    columns[at + GRADIENTS + U(3) * CHUNK] = depth_gradient


@inlined
@no_type_check
def _gradients(count, columns):
    """What each pixel says about the corners of its triangle.

    With edge functions e, b = e / area, t = b times the other two depths and S = sum t, weights are w = t / S and the depth is w . z.
    """
    for q in range(count):
        at = U(q)
        x0, y0, x1, y1 = columns[at], columns[at + CHUNK], columns[at + U(2) * CHUNK], columns[at + U(3) * CHUNK]
        x2, y2 = columns[at + U(4) * CHUNK], columns[at + U(5) * CHUNK]
        z0, z1, z2 = columns[at + DEPTHS], columns[at + DEPTHS + CHUNK], columns[at + DEPTHS + U(2) * CHUNK]
        back = columns[at + GRADIENTS + U(3) * CHUNK]
        e0, e1, e2 = y1 * x2 - x1 * y2, y2 * x0 - x2 * y0, y0 * x1 - x0 * y1
        inverse = 1 / (e0 + e1 + e2 + EPSILON)
        b0, b1, b2 = e0 * inverse, e1 * inverse, e2 * inverse
        z12, z02, z01 = z1 * z2, z0 * z2, z0 * z1
        t0, t1, t2 = b0 * z12, b1 * z02, b2 * z01
        total = t0 + t1 + t2
        share = 1 / max(EPSILON, total)
        w0, w1, w2 = t0 * share, t1 * share, t2 * share
        g0 = columns[at + GRADIENTS] + back * z0
        g1 = columns[at + GRADIENTS + CHUNK] + back * z1
        g2 = columns[at + GRADIENTS + U(2) * CHUNK] + back * z2
        mean = g0 * w0 + g1 * w1 + g2 * w2
        g0, g1, g2 = (g0 - mean) * share, (g1 - mean) * share, (g2 - mean) * share
        h0, h1, h2 = g0 * b0, g1 * b1, g2 * b2
        columns[at + RESULTS + U(2) * CHUNK] = h1 * z2 + h2 * z1 + back * w0
        columns[at + RESULTS + U(5) * CHUNK] = h0 * z2 + h2 * z0 + back * w1
        columns[at + RESULTS + U(8) * CHUNK] = h0 * z1 + h1 * z0 + back * w2
        g0, g1, g2 = g0 * z12 * inverse, g1 * z02 * inverse, g2 * z01 * inverse
        mean = g0 * b0 + g1 * b1 + g2 * b2
        g0, g1, g2 = g0 - mean, g1 - mean, g2 - mean
        columns[at + RESULTS] = g2 * y1 - g1 * y2
        columns[at + RESULTS + CHUNK] = g1 * x2 - g2 * x1
        columns[at + RESULTS + U(3) * CHUNK] = g0 * y2 - g2 * y0
        columns[at + RESULTS + U(4) * CHUNK] = g2 * x0 - g0 * x2
        columns[at + RESULTS + U(6) * CHUNK] = g1 * y0 - g0 * y1
        columns[at + RESULTS + U(7) * CHUNK] = g0 * x1 - g1 * x0


@inlined
@no_type_check
def _scatter(count, columns, corners, gradient):
    """Adds results to the vertices."""
    for q in range(count):
        at = U(q) + RESULTS
        i, j, k = corners[U(q)], corners[U(q) + CHUNK], corners[U(q) + U(2) * CHUNK]
        gradient[i, 0] += columns[at]
        gradient[i, 1] += columns[at + CHUNK]
        gradient[i, 2] += columns[at + U(2) * CHUNK]
        gradient[j, 0] += columns[at + U(3) * CHUNK]
        gradient[j, 1] += columns[at + U(4) * CHUNK]
        gradient[j, 2] += columns[at + U(5) * CHUNK]
        gradient[k, 0] += columns[at + U(6) * CHUNK]
        gradient[k, 1] += columns[at + U(7) * CHUNK]
        gradient[k, 2] += columns[at + U(8) * CHUNK]
