"""Compiled work on the mesh: linear shapes, normals, and the slopes of displacement maps. All arrays are float32."""

from typing import no_type_check

import numba
import numpy as np


@numba.njit(nogil=True, cache=True, fastmath=True)
@no_type_check
def linear_combination(mean, modes, weights, out):
    """Writes mean + modes @ weights for a flat `mean` (n,); `modes` is (n, k), all modes of a number side by side."""
    for i in range(mean.shape[0]):
        value = np.float32(0)
        for k in range(weights.shape[0]):
            value += modes[i, k] * weights[k]
        out[i] = mean[i] + value


@numba.njit(nogil=True, cache=True)
@no_type_check
def vertex_normals(vertices, triangles, out):
    """Unit normals (v, 3): the means of the adjacent triangles' normals, weighted by area."""
    out[:] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        wx, wy, wz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        x, y, z = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for corner in (a, b, c):
            out[corner, 0] += x
            out[corner, 1] += y
            out[corner, 2] += z
    for i in range(out.shape[0]):
        scale = 1 / max(np.sqrt(out[i, 0] ** 2 + out[i, 1] ** 2 + out[i, 2] ** 2), np.float32(1e-20))
        out[i, 0] *= scale
        out[i, 1] *= scale
        out[i, 2] *= scale


@numba.njit(nogil=True, cache=True)
@no_type_check
def edge_changes(neutral, expressive, ends, shortest, low, high, out):
    """out[e] = 1 - clip(|edge after| / |edge before|, low, high); edges shorter than `shortest` count as unchanged."""
    for e in range(ends.shape[0]):
        a, b = ends[e, 0], ends[e, 1]
        before, after = np.float32(0), np.float32(0)
        for c in range(3):
            before += (neutral[b, c] - neutral[a, c]) ** 2
            after += (expressive[b, c] - expressive[a, c]) ** 2
        before = np.sqrt(before)
        ratio = np.sqrt(after) / before if before > shortest else np.float32(1)
        out[e] = 1 - min(max(ratio, low), high)


@numba.njit(nogil=True, cache=True)
@no_type_check
def texel_weights(corners, weights, values, out):
    """Vertex values (v,) at texels: the weighted sum over the corners of each texel's triangle."""
    for i in range(corners.shape[0]):
        out[i] = weights[i, 0] * values[corners[i, 0]] + weights[i, 1] * values[corners[i, 1]] + weights[i, 2] * values[corners[i, 2]]


@numba.njit(nogil=True, cache=True, fastmath=True)
@no_type_check
def add_weighted_map(mean, modes, coefficients, extra, factors, out):
    """Out += factors * (mean + modes @ coefficients + extra); texels whose factor is 0, which most are, cost nothing.

    `modes` is (n, k), a texel's modes side by side.
    """
    for i in range(mean.shape[0]):
        if factors[i] != 0:
            value = np.float32(0)
            for k in range(coefficients.shape[0]):
                value += modes[i, k] * coefficients[k]
            out[i] += factors[i] * (mean[i] + value + extra[i])


@numba.njit(nogil=True, cache=True)
@no_type_check
def texel_positions(texels, corners, weights, vertices, out):
    """Positions (r, r, 3) of covered texels on the surface."""
    flat = out.reshape(-1, 3)
    for i in range(texels.shape[0]):
        for c in range(3):
            flat[texels[i], c] = (
                weights[i, 0] * vertices[corners[i, 0], c]
                + weights[i, 1] * vertices[corners[i, 1], c]
                + weights[i, 2] * vertices[corners[i, 2], c]
            )


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def normal_changes(texels, positions, displacement, out):
    """What displacement adds to the normal, -[P_u P_v] g^-1 grad D, at the texels whose neighbours are covered; out is (r, r, 3).

    P_u and P_v are central differences of the position map and g their first fundamental form, so smooth normals stay smooth.
    """
    side = displacement.shape[0]
    half = np.float32(0.5)
    for i in range(texels.shape[0]):
        r, c = texels[i] // side, texels[i] % side
        e, f, g = np.float32(0), np.float32(0), np.float32(0)
        for k in range(3):
            u = half * (positions[r, c + 1, k] - positions[r, c - 1, k])
            v = half * (positions[r + 1, c, k] - positions[r - 1, c, k])
            e += u * u
            f += u * v
            g += v * v
        area = e * g - f * f
        if not area > 1e-4:
            continue
        du = half * (displacement[r, c + 1] - displacement[r, c - 1])
        dv = half * (displacement[r + 1, c] - displacement[r - 1, c])
        along_u, along_v = (g * du - f * dv) / area, (e * dv - f * du) / area
        for k in range(3):
            u = half * (positions[r, c + 1, k] - positions[r, c - 1, k])
            v = half * (positions[r + 1, c, k] - positions[r - 1, c, k])
            out[r, c, k] = -(along_u * u + along_v * v)
