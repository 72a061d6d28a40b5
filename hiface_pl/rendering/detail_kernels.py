"""Compiled dual tangents and slopes, and their gradients: what `detail_normals` computes, in one pass over what it reads."""

from typing import no_type_check

import numpy as np

from hiface_pl.rendering.compiling import U, inlined, kernel

FLATTEST = 1e-3
"""Least squared sine of the angle between P_u and P_v that is believed: a crushed triangle must not shade like a cliff."""
SMALLEST = 1e-12
"""Least squared area (mm^4 in UV units) that is divided by: texture coordinates without a skin triangle get zero tangents."""


@kernel
@no_type_check
def dual_tangents(vertices, starts, columns, along_u, along_v, result):
    """Fills `result` (b, t, 6): from `starts[t]` on, `columns` names vertices, each with a weight along u and one along v."""
    for n in range(result.shape[0]):
        points, out = vertices[n], result[n]
        for row in range(out.shape[0]):
            t = U(row)
            ux, uy, uz, vx, vy, vz = _derivatives(points, starts[t], starts[t + U(1)], columns, along_u, along_v)
            uu, vv, uv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
            share = points.dtype.type(1 / max(uu * vv - uv * uv, FLATTEST * uu * vv, SMALLEST))
            a, b, c = vv * share, uv * share, uu * share
            out[t, 0], out[t, 1], out[t, 2] = a * ux - b * vx, a * uy - b * vy, a * uz - b * vz
            out[t, 3], out[t, 4], out[t, 5] = c * vx - b * ux, c * vy - b * uy, c * vz - b * uz


@kernel
@no_type_check
def dual_tangents_backward(vertices, starts, columns, along_u, along_v, gradient, vertices_gradient):
    """Writes the gradient of the vertices from that of the dual tangents (b, t, 6); those that no pixel saw have none and are passed by."""
    real = vertices.dtype.type
    for n in range(gradient.shape[0]):
        points, back, out = vertices[n], gradient[n], vertices_gradient[n]
        out[:] = 0
        for row in range(back.shape[0]):
            t = U(row)
            gx, gy, gz, hx, hy, hz = back[t, 0], back[t, 1], back[t, 2], back[t, 3], back[t, 4], back[t, 5]
            if gx == 0 and gy == 0 and gz == 0 and hx == 0 and hy == 0 and hz == 0:
                continue
            first, end = starts[t], starts[t + U(1)]
            ux, uy, uz, vx, vy, vz = _derivatives(points, first, end, columns, along_u, along_v)
            uu, vv, uv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
            square, flat = uu * vv - uv * uv, FLATTEST * uu * vv
            share = 1 / max(square, flat, SMALLEST)
            gu, gv, hu, hv = (
                gx * ux + gy * uy + gz * uz,
                gx * vx + gy * vy + gz * vz,
                hx * ux + hy * uy + hz * uz,
                hx * vx + hy * vy + hz * vz,
            )
            area_back = -share * share * (vv * gu - uv * (gv + hu) + uu * hv)
            uu_back, vv_back, uv_back = hv * share, gu * share, -(gv + hu) * share
            if square >= flat and square > SMALLEST:
                uu_back, vv_back, uv_back = uu_back + area_back * vv, vv_back + area_back * uu, uv_back - 2 * area_back * uv
            elif flat > SMALLEST:
                uu_back, vv_back = uu_back + area_back * FLATTEST * vv, vv_back + area_back * FLATTEST * uu
            a, b, c = real(vv * share), real(uv * share), real(uu * share)
            p, q, s = real(2 * uu_back), real(uv_back), real(2 * vv_back)
            du = a * gx - b * hx + p * ux + q * vx, a * gy - b * hy + p * uy + q * vy, a * gz - b * hz + p * uz + q * vz
            dv = c * hx - b * gx + s * vx + q * ux, c * hy - b * gy + s * vy + q * uy, c * hz - b * gz + s * vz + q * uz
            for e in range(first, end):
                vertex, w_u, w_v = U(columns[U(e)]), along_u[U(e)], along_v[U(e)]
                out[vertex, 0] += w_u * du[0] + w_v * dv[0]
                out[vertex, 1] += w_u * du[1] + w_v * dv[1]
                out[vertex, 2] += w_u * du[2] + w_v * dv[2]


@inlined
@no_type_check
def _derivatives(points, first, end, columns, along_u, along_v):
    """P_u and P_v at one texture coordinate."""
    zero = points.dtype.type(0)
    ux, uy, uz, vx, vy, vz = zero, zero, zero, zero, zero, zero
    for e in range(first, end):
        vertex, w_u, w_v = U(columns[U(e)]), along_u[U(e)], along_v[U(e)]
        x, y, z = points[vertex, 0], points[vertex, 1], points[vertex, 2]
        ux, uy, uz = ux + w_u * x, uy + w_u * y, uz + w_u * z
        vx, vy, vz = vx + w_v * x, vy + w_v * y, vz + w_v * z
    return ux, uy, uz, vx, vy, vz


@kernel
@no_type_check
def slopes(maps, nearest, result):
    """Fills `result` (b, 2, r, r) from displacement `maps` (b, r, r), whose texel i is read at `nearest[i]`."""
    size = maps.shape[1]
    filled, half = np.empty((size, size), maps.dtype), maps.dtype.type(size / 2)
    for n in range(maps.shape[0]):
        source, flat = maps[n].reshape(size * size), filled.reshape(size * size)
        for i in range(size * size):
            flat[i] = source[U(nearest[i])]
        for r in range(size):
            row, above, below = filled[r], filled[max(r - 1, 0)], filled[min(r + 1, size - 1)]
            along_u, along_v = result[n, 0, r], result[n, 1, r]
            for c in range(1, size - 1):
                along_u[c] = (row[c + 1] - row[c - 1]) * half
            along_u[0], along_u[size - 1] = (row[1] - row[0]) * half, (row[size - 1] - row[size - 2]) * half
            for c in range(size):
                along_v[c] = (above[c] - below[c]) * half


@kernel
@no_type_check
def slopes_backward(gradient, nearest, maps_gradient):
    """Writes the gradient of the displacement maps (b, r, r) from that of the slopes (b, 2, r, r)."""
    size = gradient.shape[2]
    last, half, back = size - 1, gradient.dtype.type(size / 2), np.empty((size, size), gradient.dtype)
    for n in range(gradient.shape[0]):
        for r in range(size):
            along_u, above, below, row = gradient[n, 0, r], gradient[n, 1, max(r - 1, 0)], gradient[n, 1, min(r + 1, last)], back[r]
            sign_above, sign_below = gradient.dtype.type(1 if r > 0 else -1), gradient.dtype.type(1 if r < last else -1)
            for c in range(size):
                row[c] = sign_below * below[c] - sign_above * above[c]
            for c in range(1, last):
                row[c] += along_u[c - 1] - along_u[c + 1]
            row[0] -= along_u[0] + along_u[1]
            row[last] += along_u[last] + along_u[last - 1]
        target, source = maps_gradient[n].reshape(size * size), back.reshape(size * size)
        target[:] = 0
        for i in range(size * size):
            target[U(nearest[i])] += source[i] * half
