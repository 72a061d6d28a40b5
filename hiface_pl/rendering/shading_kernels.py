"""Compiled colours of visible pixels and their gradients, `CHUNK` pixels at a time: look up, compute on columns, write or add back.

Arrays are taken out of tuples and handed on once a chunk, never once a pixel: numba counts references to them, which costs more than the
arithmetic. A function named `..._backward` adds the gradient of what its namesake looked up to the tables' gradients.
"""

from collections import namedtuple
from typing import no_type_check

import numpy as np

from hiface_pl.rendering.compiling import U, called, inlined, kernel
from hiface_pl.rendering.shading_columns import (
    CHUNK,
    COLOURS,
    COLOURS_BACK,
    COLUMNS,
    IMAGE,
    IMAGE_BACK,
    LINEAR,
    NORMALS,
    NORMALS_BACK,
    RAW,
    RAW_BACK,
    SLOPES,
    SLOPES_BACK,
    TANGENTS,
    TILT_BACK,
    add_light_gradient,
    shade_columns,
    shade_columns_backward,
)

Mesh = namedtuple("Mesh", ["triangles", "uv_triangles", "uv", "skin", "colours"])
"""Constants of a face model: corners (m, 3), texture corners (m, 3), coordinates (t, 2), per triangle whether skin, else its colour."""
Inputs = namedtuple("Inputs", ["weights", "normals", "tangents", "slopes", "albedo", "lighting"])
"""What images depend on, or its gradients. `slopes` of one texel stand for a face without detail."""


@kernel
@no_type_check
def shade_pixels(triangle, mesh, inputs, linear, normals):
    """Fills `linear` (linear RGB) and `normals` (b, 3, h, w) from the triangle of each pixel (b, h, w)."""
    pixels = triangle.shape[1] * triangle.shape[2]
    columns, seen = np.zeros(COLUMNS, linear.dtype), np.empty(CHUNK, np.uintp)
    for n in range(triangle.shape[0]):
        owners, weights = triangle[n].reshape(pixels), inputs.weights[n].reshape((pixels, 3))
        tables = inputs.normals[n], inputs.tangents[n], inputs.slopes[n], inputs.albedo[n]
        colours, directions, lighting = linear[n].reshape((3, pixels)), normals[n].reshape((3, pixels)), inputs.lighting[n]
        colours[:] = 0
        directions[:] = 0
        first = 0
        while first < pixels:
            count, first = _next(owners, first, seen)
            _look_up(count, seen, owners, weights, mesh, tables, columns)
            shade_columns(count, columns, lighting)
            _write(count, seen, columns, LINEAR, colours)
            _write(count, seen, columns, NORMALS, directions)


@kernel
@no_type_check
def shade_pixels_backward(triangle, mesh, inputs, image, image_gradient, normals_gradient, gradients):
    """Writes the gradients of all inputs, given those of the encoded image and of the normals, to `gradients`.

    Looks again at what `shade_pixels` saw, then goes back through it in reverse order.
    """
    pixels = triangle.shape[1] * triangle.shape[2]
    columns, seen = np.zeros(COLUMNS, image.dtype), np.empty(CHUNK, np.uintp)
    for n in range(triangle.shape[0]):
        owners, weights = triangle[n].reshape(pixels), inputs.weights[n].reshape((pixels, 3))
        tables = inputs.normals[n], inputs.tangents[n], inputs.slopes[n], inputs.albedo[n]
        back = gradients.normals[n], gradients.tangents[n], gradients.slopes[n], gradients.albedo[n]
        weights_back, lighting, lighting_back = gradients.weights[n].reshape((pixels, 3)), inputs.lighting[n], gradients.lighting[n]
        _clear(back, weights_back, lighting_back)
        encoded, encoded_back = image[n].reshape((3, pixels)), image_gradient[n].reshape((3, pixels))
        directions_back = normals_gradient[n].reshape((3, pixels))
        first = 0
        while first < pixels:
            count, first = _next(owners, first, seen)
            _look_up(count, seen, owners, weights, mesh, tables, columns)
            _read(count, seen, columns, IMAGE, encoded)
            _read(count, seen, columns, IMAGE_BACK, encoded_back)
            _read(count, seen, columns, NORMALS_BACK, directions_back)
            shade_columns_backward(count, columns, lighting)
            add_light_gradient(count, columns, lighting_back)
            _look_up_backward(count, seen, owners, weights, mesh, tables, columns, back, weights_back)


@inlined
@no_type_check
def _clear(back, weights_back, lighting_back):
    normals_back, tangents_back, slopes_back, albedo_back = back
    for table in (normals_back, tangents_back, lighting_back, weights_back):
        table[:] = 0
    slopes_back[:] = 0
    albedo_back[:] = 0


@called
@no_type_check
def _next(owners, first, seen):
    """Lists the next visible pixels from `first` on; returns how many there are, at most `CHUNK`, and where to go on."""
    count = U(0)
    for p in range(first, owners.shape[0]):
        seen[count] = p
        count += U(owners[p] >= 0)
        if count == CHUNK:
            return count, p + 1
    return count, owners.shape[0]


@called
@no_type_check
def _read(count, seen, columns, at, image):
    for q in range(count):
        for a in range(3):
            columns[U(q) + at + U(a) * CHUNK] = image[U(a), seen[q]]


@called
@no_type_check
def _write(count, seen, columns, at, image):
    for q in range(count):
        for a in range(3):
            image[U(a), seen[q]] = columns[U(q) + at + U(a) * CHUNK]


@called
@no_type_check
def _look_up(count, seen, owners, weights, mesh, tables, columns):
    """Puts what the triangles of the seen pixels show there into the columns."""
    normals, tangents, slopes, albedo = tables
    triangles, uv_triangles, uv, skin, plain = mesh
    detail = slopes.shape[1] > 1
    for q in range(count):
        at, p = U(q), seen[U(q)]
        t, w0, w1, w2 = U(owners[p]), weights[p, 0], weights[p, 1], weights[p, 2]
        i, j, k = U(triangles[t, 0]), U(triangles[t, 1]), U(triangles[t, 2])
        for a in range(3):
            c = U(a)
            columns[at + RAW + c * CHUNK] = w0 * normals[i, c] + w1 * normals[j, c] + w2 * normals[k, c]
        i, j, k = U(uv_triangles[t, 0]), U(uv_triangles[t, 1]), U(uv_triangles[t, 2])
        u, v = w0 * uv[i, 0] + w1 * uv[j, 0] + w2 * uv[k, 0], w0 * uv[i, 1] + w1 * uv[j, 1] + w2 * uv[k, 1]
        if detail:
            for a in range(6):
                c = U(a)
                columns[at + TANGENTS + c * CHUNK] = w0 * tangents[i, c] + w1 * tangents[j, c] + w2 * tangents[k, c]
            left, top, x, y, _, _ = _spot(u, v, slopes.shape[1], columns.dtype.type)
            for a in range(2):
                c = U(a)
                upper = _between(slopes[c, top, left], slopes[c, top, left + U(1)], x)
                lower = _between(slopes[c, top + U(1), left], slopes[c, top + U(1), left + U(1)], x)
                columns[at + SLOPES + c * CHUNK] = _between(upper, lower, y)
        if skin[t]:
            left, top, x, y, _, _ = _spot(u, v, albedo.shape[1], columns.dtype.type)
            for a in range(3):
                c = U(a)
                upper = _between(albedo[c, top, left], albedo[c, top, left + U(1)], x)
                lower = _between(albedo[c, top + U(1), left], albedo[c, top + U(1), left + U(1)], x)
                columns[at + COLOURS + c * CHUNK] = _between(upper, lower, y)
        else:
            for a in range(3):
                columns[at + COLOURS + U(a) * CHUNK] = plain[t, U(a)]


@called
@no_type_check
def _look_up_backward(count, seen, owners, weights, mesh, tables, columns, back, weights_back):
    """Adds what the columns say about the tables, and writes the gradients of the pixels' weights."""
    normals, tangents, slopes, albedo = tables
    normals_back, tangents_back, slopes_back, albedo_back = back
    triangles, uv_triangles, uv, skin, _ = mesh
    real = columns.dtype.type
    detail = slopes.shape[1] > 1
    for q in range(count):
        at, p = U(q), seen[U(q)]
        t, w0, w1, w2 = U(owners[p]), weights[p, 0], weights[p, 1], weights[p, 2]
        i, j, k = U(triangles[t, 0]), U(triangles[t, 1]), U(triangles[t, 2])
        b0, b1, b2, u_back, v_back = real(0), real(0), real(0), real(0), real(0)
        for a in range(3):
            c = U(a)
            g = columns[at + RAW_BACK + c * CHUNK]
            b0, b1, b2 = b0 + g * normals[i, c], b1 + g * normals[j, c], b2 + g * normals[k, c]
            normals_back[i, c] += w0 * g
            normals_back[j, c] += w1 * g
            normals_back[k, c] += w2 * g
        i, j, k = U(uv_triangles[t, 0]), U(uv_triangles[t, 1]), U(uv_triangles[t, 2])
        u, v = w0 * uv[i, 0] + w1 * uv[j, 0] + w2 * uv[k, 0], w0 * uv[i, 1] + w1 * uv[j, 1] + w2 * uv[k, 1]
        if detail:
            slope_u, slope_v = columns[at + SLOPES], columns[at + SLOPES + CHUNK]
            for a in range(6):
                c = U(a)
                tilt = columns[at + TILT_BACK + (c if a < 3 else c - U(3)) * CHUNK]
                g = -slope_u * tilt if a < 3 else -slope_v * tilt
                b0, b1, b2 = b0 + g * tangents[i, c], b1 + g * tangents[j, c], b2 + g * tangents[k, c]
                tangents_back[i, c] += w0 * g
                tangents_back[j, c] += w1 * g
                tangents_back[k, c] += w2 * g
            left, top, x, y, rate_x, rate_y = _spot(u, v, slopes.shape[1], real)
            for a in range(2):
                c, g = U(a), columns[at + SLOPES_BACK + U(a) * CHUNK]
                upper, lower, across, down = _shares(
                    g,
                    x,
                    y,
                    slopes[c, top, left],
                    slopes[c, top, left + U(1)],
                    slopes[c, top + U(1), left],
                    slopes[c, top + U(1), left + U(1)],
                )
                slopes_back[c, top, left] += upper - upper * x
                slopes_back[c, top, left + U(1)] += upper * x
                slopes_back[c, top + U(1), left] += lower - lower * x
                slopes_back[c, top + U(1), left + U(1)] += lower * x
                u_back, v_back = u_back + rate_x * across, v_back - rate_y * down
        if skin[t]:
            left, top, x, y, rate_x, rate_y = _spot(u, v, albedo.shape[1], real)
            for a in range(3):
                c, g = U(a), columns[at + COLOURS_BACK + U(a) * CHUNK]
                upper, lower, across, down = _shares(
                    g,
                    x,
                    y,
                    albedo[c, top, left],
                    albedo[c, top, left + U(1)],
                    albedo[c, top + U(1), left],
                    albedo[c, top + U(1), left + U(1)],
                )
                albedo_back[c, top, left] += upper - upper * x
                albedo_back[c, top, left + U(1)] += upper * x
                albedo_back[c, top + U(1), left] += lower - lower * x
                albedo_back[c, top + U(1), left + U(1)] += lower * x
                u_back, v_back = u_back + rate_x * across, v_back - rate_y * down
        weights_back[p, 0] = b0 + u_back * uv[i, 0] + v_back * uv[i, 1]
        weights_back[p, 1] = b1 + u_back * uv[j, 0] + v_back * uv[j, 1]
        weights_back[p, 2] = b2 + u_back * uv[k, 0] + v_back * uv[k, 1]


@inlined
@no_type_check
def _spot(u, v, size, real):
    """Where (u, v) lies in a map: column and row of the upper left texel, shares of the right and lower ones, and how many texels the
    spot moves a unit of u and of v (0 where the rim's value holds).
    """
    texels, last, zero, half = real(size), real(size - 1), real(0), real(0.5)
    x, y = u * texels - half, (real(1) - v) * texels - half
    rate_x, rate_y = texels if (zero <= x) & (x <= last) else zero, texels if (zero <= y) & (y <= last) else zero
    x, y = min(max(zero, x), last), min(max(zero, y), last)
    column, row = min(int(x), size - 2), min(int(y), size - 2)
    return U(column), U(row), x - real(column), y - real(row), rate_x, rate_y


@inlined
@no_type_check
def _between(a, b, share):
    return a + (b - a) * share


@inlined
@no_type_check
def _shares(back, x, y, p, q, s, t):
    """A bilinear value's gradient on its way to the upper and to the lower two of the texels p q / s t, and to x and y."""
    lower = back * y
    upper = back - lower
    return upper, lower, upper * (q - p) + lower * (t - s), back * (s - p + (t - q - s + p) * x)
