"""Compiled colours of visible pixels and their gradients: one pass over the pixels instead of a chain of image-sized operations.

The same mathematics as `hiface_pl.rendering.shading.shade_in_torch`, pixel by pixel. Everything about one pixel is scalars and small
tuples, which stay in registers: small arrays are many times slower here. All compiled code is in this file, because numba's cache on
disk notices only changes of the file that holds the outermost function.

A function named `..._backward` takes the gradient of what its namesake returned, adds to the tables' gradients, and returns the gradient
of the point that was looked up.
"""

from collections import namedtuple
from typing import no_type_check

import numba
import numpy as np

from hiface_pl.rendering.lighting import BAND_0, BAND_1, BAND_2, BAND_2_DIFFERENCE, BAND_2_ZONAL
from hiface_pl.rendering.shading_curve import DARKEST, EXPONENT

SHORTEST = 1e-12
"""Shorter vectors are divided by this instead of their length."""

Mesh = namedtuple("Mesh", ["triangles", "uv_triangles", "uv", "skin", "colours"])
"""Constants of a face model: corners (m, 3), texture corners (m, 3), coordinates (t, 2), per triangle whether skin, else its colour."""
Inputs = namedtuple("Inputs", ["weights", "normals", "tangents", "slopes", "albedo", "lighting"])
"""What images depend on, or its gradients. `slopes` of one texel stand for a face without detail."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def shade_pixels(triangle, mesh, inputs, linear, normals):
    """Fills `linear` (linear RGB) and `normals` (b, 3, h, w) from the triangle of each pixel (b, h, w)."""
    linear[:] = 0
    normals[:] = 0
    detail = inputs.slopes.shape[2] > 1
    for n in range(triangle.shape[0]):
        smooth, tangents, slopes = inputs.normals[n], inputs.tangents[n], inputs.slopes[n]
        albedo, lighting = inputs.albedo[n], inputs.lighting[n]
        for r in range(triangle.shape[1]):
            for c in range(triangle.shape[2]):
                t = triangle[n, r, c]
                if t < 0:
                    continue
                at = _corners(mesh.triangles, t, inputs.weights, n, r, c)
                at_uv = _corners(mesh.uv_triangles, t, inputs.weights, n, r, c)
                place = _mix(mesh.uv, 0, at_uv), _mix(mesh.uv, 1, at_uv)
                raw = _mix3(smooth, 0, at)
                normal = _scale(raw, 1 / _length(raw))
                if detail:
                    where = _spot(place, slopes.shape[1])
                    slope_u, slope_v = _bilinear(slopes, 0, where), _bilinear(slopes, 1, where)
                    raw = _tilt(normal, _mix3(tangents, 0, at_uv), _mix3(tangents, 3, at_uv), slope_u, slope_v)
                    normal = _scale(raw, 1 / _length(raw))
                basis, where = _harmonics(normal), _spot(place, albedo.shape[1])
                for a in range(3):
                    colour = _bilinear(albedo, a, where) if mesh.skin[t] else mesh.colours[t, a]
                    linear[n, a, r, c] = colour * max(_light(basis, lighting, a), 0.0)
                    normals[n, a, r, c] = normal[a]


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def shade_pixels_backward(triangle, mesh, inputs, image, image_gradient, normals_gradient, gradients):
    """Adds the gradients of all inputs, given those of the encoded image and of the normals, to `gradients`, which starts at zero.

    Looks again at what `shade_pixels` saw, then goes back through it in reverse order.
    """
    detail = inputs.slopes.shape[2] > 1
    for n in range(triangle.shape[0]):
        smooth, tangents, slopes = inputs.normals[n], inputs.tangents[n], inputs.slopes[n]
        albedo, lighting = inputs.albedo[n], inputs.lighting[n]
        smooth_back, tangents_back, slopes_back = gradients.normals[n], gradients.tangents[n], gradients.slopes[n]
        albedo_back, lighting_back = gradients.albedo[n], gradients.lighting[n]
        for r in range(triangle.shape[1]):
            for c in range(triangle.shape[2]):
                t = triangle[n, r, c]
                if t < 0:
                    continue
                at = _corners(mesh.triangles, t, inputs.weights, n, r, c)
                at_uv = _corners(mesh.uv_triangles, t, inputs.weights, n, r, c)
                place = _mix(mesh.uv, 0, at_uv), _mix(mesh.uv, 1, at_uv)
                raw = _mix3(smooth, 0, at)
                raw_length = tilted_length = _length(raw)
                level = normal = _scale(raw, 1 / raw_length)
                tangent_u, tangent_v, slope_u, slope_v = level, level, 0.0, 0.0
                detail_where = _spot(place, slopes.shape[1])
                if detail:
                    slope_u, slope_v = _bilinear(slopes, 0, detail_where), _bilinear(slopes, 1, detail_where)
                    tangent_u, tangent_v = _mix3(tangents, 0, at_uv), _mix3(tangents, 3, at_uv)
                    raw = _tilt(level, tangent_u, tangent_v, slope_u, slope_v)
                    tilted_length = _length(raw)
                    normal = _scale(raw, 1 / tilted_length)
                basis, where = _harmonics(normal), _spot(place, albedo.shape[1])

                normal_back = (normals_gradient[n, 0, r, c] * 1.0, normals_gradient[n, 1, r, c] * 1.0, normals_gradient[n, 2, r, c] * 1.0)
                place_u, place_v = 0.0, 0.0
                for a in range(3):
                    colour = _bilinear(albedo, a, where) if mesh.skin[t] else mesh.colours[t, a]
                    light = _light(basis, lighting, a)
                    if light <= 0:
                        continue
                    back = image_gradient[n, a, r, c] * _encode_slope(colour * light, image[n, a, r, c])
                    normal_back = _add(normal_back, _light_backward(normal, basis, lighting, lighting_back, a, back * colour))
                    if mesh.skin[t]:
                        back_u, back_v = _bilinear_backward(albedo, albedo_back, a, where, back * light)
                        place_u, place_v = place_u + back_u, place_v + back_v
                weights_back = (0.0, 0.0, 0.0)
                if detail:
                    normal_back = _unit_backward(normal, tilted_length, normal_back)
                    back_u, back_v = _bilinear_backward(slopes, slopes_back, 0, detail_where, -_dot(normal_back, tangent_u))
                    place_u, place_v = place_u + back_u, place_v + back_v
                    back_u, back_v = _bilinear_backward(slopes, slopes_back, 1, detail_where, -_dot(normal_back, tangent_v))
                    place_u, place_v = place_u + back_u, place_v + back_v
                    for column, slope in ((0, slope_u), (3, slope_v)):
                        back3 = _mix3_backward(tangents, tangents_back, column, at_uv, _scale(normal_back, -slope))
                        weights_back = _add(weights_back, back3)
                raw_back = _unit_backward(level, raw_length, normal_back)
                weights_back = _add(weights_back, _mix3_backward(smooth, smooth_back, 0, at, raw_back))
                weights_back = _add(weights_back, _place_backward(mesh.uv, at_uv, (place_u, place_v)))
                for a in range(3):
                    gradients.weights[n, r, c, a] = weights_back[a]


compiled = numba.njit(nogil=True, error_model="numpy", forceinline=True)


@compiled
@no_type_check
def _corners(triangles, t, weights, n, r, c):
    """The three rows that triangle t names, and the weights of pixel (n, r, c)."""
    return triangles[t, 0], triangles[t, 1], triangles[t, 2], weights[n, r, c, 0], weights[n, r, c, 1], weights[n, r, c, 2]


@compiled
@no_type_check
def _mix(table, column, at):
    """A column of a table (rows, columns), averaged over three rows."""
    i, j, k, u, v, w = at
    return u * table[i, column] + v * table[j, column] + w * table[k, column]


@compiled
@no_type_check
def _mix3(table, column, at):
    """Three columns from `column` on, averaged over three rows."""
    return _mix(table, column, at), _mix(table, column + 1, at), _mix(table, column + 2, at)


@compiled
@no_type_check
def _mix3_backward(table, gradient, column, at, back):
    """Returns the gradient of the three weights."""
    i, j, k, u, v, w = at
    for a in range(3):
        gradient[i, column + a] += u * back[a]
        gradient[j, column + a] += v * back[a]
        gradient[k, column + a] += w * back[a]
    return _row(table, i, column, back), _row(table, j, column, back), _row(table, k, column, back)


@compiled
@no_type_check
def _row(table, row, column, vector):
    return table[row, column] * vector[0] + table[row, column + 1] * vector[1] + table[row, column + 2] * vector[2]


@compiled
@no_type_check
def _place_backward(uv, at, back):
    """The gradient of the three weights from that of the texture coordinates that they mix."""
    i, j, k = at[0], at[1], at[2]
    u, v = back
    return u * uv[i, 0] + v * uv[i, 1], u * uv[j, 0] + v * uv[j, 1], u * uv[k, 0] + v * uv[k, 1]


@compiled
@no_type_check
def _add(a, b):
    """The sum of two vectors."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@compiled
@no_type_check
def _dot(a, b):
    """The product of two vectors."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
@no_type_check
def _scale(a, factor):
    """A vector times a number."""
    return a[0] * factor, a[1] * factor, a[2] * factor


@compiled
@no_type_check
def _length(a):
    """The length of a vector, never zero."""
    return max(np.sqrt(_dot(a, a)), SHORTEST)


@compiled
@no_type_check
def _unit_backward(unit, size, back):
    """The gradient of a vector of length `size` from that of the unit vector along it."""
    along = _dot(unit, back)
    return (back[0] - along * unit[0]) / size, (back[1] - along * unit[1]) / size, (back[2] - along * unit[2]) / size


@compiled
@no_type_check
def _tilt(normal, tangent_u, tangent_v, slope_u, slope_v):
    """The normal of a displaced surface before it is brought to unit length."""
    return (
        normal[0] - tangent_u[0] * slope_u - tangent_v[0] * slope_v,
        normal[1] - tangent_u[1] * slope_u - tangent_v[1] * slope_v,
        normal[2] - tangent_u[2] * slope_u - tangent_v[2] * slope_v,
    )


@compiled
@no_type_check
def _spot(place, size):
    """Where (u, v) lies in a map: column and row of the upper left texel, shares of the right and lower ones, and how many texels the
    spot moves a unit of u and of v (0 where the rim's value holds).
    """
    x, y = place[0] * size - 0.5, (1 - place[1]) * size - 0.5
    last = size - 1.0
    rate_x, rate_y = size * 1.0 if 0 <= x <= last else 0.0, size * 1.0 if 0 <= y <= last else 0.0
    x, y = min(max(x, 0.0), last), min(max(y, 0.0), last)
    column, row = min(int(x), size - 2), min(int(y), size - 2)
    return column, row, x - column, y - row, rate_x, rate_y


@compiled
@no_type_check
def _bilinear(maps, channel, where):
    """A map's value at a spot; maps are (channels, r, r)."""
    column, row, x, y = where[0], where[1], where[2], where[3]
    upper = maps[channel, row, column] * (1 - x) + maps[channel, row, column + 1] * x
    lower = maps[channel, row + 1, column] * (1 - x) + maps[channel, row + 1, column + 1] * x
    return upper * (1 - y) + lower * y


@compiled
@no_type_check
def _bilinear_backward(maps, gradient, channel, where, back):
    """Returns the gradient of (u, v)."""
    column, row, x, y, rate_x, rate_y = where
    p, q = maps[channel, row, column], maps[channel, row, column + 1]
    s, t = maps[channel, row + 1, column], maps[channel, row + 1, column + 1]
    gradient[channel, row, column] += back * (1 - x) * (1 - y)
    gradient[channel, row, column + 1] += back * x * (1 - y)
    gradient[channel, row + 1, column] += back * (1 - x) * y
    gradient[channel, row + 1, column + 1] += back * x * y
    return back * rate_x * ((q - p) * (1 - y) + (t - s) * y), -back * rate_y * ((s - p) * (1 - x) + (t - q) * x)


@compiled
@no_type_check
def _harmonics(normal):
    """The nine harmonics, see `lighting.sh_basis`."""
    x, y, z = normal
    return (
        BAND_0,
        BAND_1 * y,
        BAND_1 * z,
        BAND_1 * x,
        BAND_2 * x * y,
        BAND_2 * y * z,
        BAND_2_ZONAL * (3 * z * z - 1),
        BAND_2 * x * z,
        BAND_2_DIFFERENCE * (x * x - y * y),
    )


@compiled
@no_type_check
def _light(basis, lighting, channel):
    """Irradiance before it is clamped at zero."""
    total = 0.0
    for k in range(9):
        total += basis[k] * lighting[k, channel]
    return total


@compiled
@no_type_check
def _light_backward(normal, basis, lighting, gradient, channel, back):
    """Returns the gradient of the normal."""
    for k in range(9):
        gradient[k, channel] += basis[k] * back
    x, y, z = normal
    b1, b2, zonal, difference = BAND_1 * back, BAND_2 * back, 6 * BAND_2_ZONAL * back, 2 * BAND_2_DIFFERENCE * back
    xy, yz, xz = lighting[4, channel] * b2, lighting[5, channel] * b2, lighting[7, channel] * b2
    return (
        lighting[3, channel] * b1 + xy * y + xz * z + lighting[8, channel] * difference * x,
        lighting[1, channel] * b1 + xy * x + yz * z - lighting[8, channel] * difference * y,
        lighting[2, channel] * b1 + yz * y + xz * x + lighting[6, channel] * zonal * z,
    )


@compiled
@no_type_check
def _encode_slope(linear, encoded):
    """The slope of the display curve at a point whose two coordinates are known."""
    if linear <= 0 or linear > 1:
        return 0.0
    return (1 + EXPONENT) * encoded / linear if linear > DARKEST else encoded / linear
