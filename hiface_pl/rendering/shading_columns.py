"""The arithmetic of colours and their gradients on columns of pixels: no index, no branch, so several pixels at once in one instruction.

The same mathematics as `hiface_pl.rendering.shading.shade_in_torch`. A column holds one number of `CHUNK` pixels; `columns` is one array
of all of them, because only constant distances let the compiler prove that they do not overlap.
"""

from typing import no_type_check

import numba
import numpy as np

from hiface_pl.rendering.compiling import U, called, inlined
from hiface_pl.rendering.lighting import BAND_0, BAND_1, BAND_2, BAND_2_DIFFERENCE, BAND_2_ZONAL
from hiface_pl.rendering.shading_curve import DARKEST, EXPONENT

SHORTEST = 1e-12
"""Shorter vectors are divided by this instead of their length."""
CHUNK = U(64)
RAW, TANGENTS, SLOPES, COLOURS = U(0), 3 * CHUNK, 9 * CHUNK, 11 * CHUNK
"""What is looked up: the mixed normal, dual tangents along u and v, slopes along u and v, and albedo."""
NORMALS, LINEAR = 14 * CHUNK, 17 * CHUNK
"""What is seen: unit normals and linear RGB."""
IMAGE, IMAGE_BACK, NORMALS_BACK = 20 * CHUNK, 23 * CHUNK, 26 * CHUNK
"""The encoded image, and gradients of it and of the normals."""
RAW_BACK, TILT_BACK, SLOPES_BACK, COLOURS_BACK = 29 * CHUNK, 32 * CHUNK, 35 * CHUNK, 37 * CHUNK
"""Gradients of what was looked up; `TILT_BACK` is that of the tilted normal before it is brought to unit length."""
BASIS, LIGHT_BACK, COLUMNS = 40 * CHUNK, 49 * CHUNK, 52 * CHUNK
"""The nine harmonics, and the gradients of three irradiances."""


@called
@no_type_check
def shade_columns(count, columns, lighting):
    """From what was looked up to normals and linear colours."""
    red, green, blue = _channel(lighting, U(0)), _channel(lighting, U(1)), _channel(lighting, U(2))
    zero = columns.dtype.type(0)
    for q in range(count):
        at = U(q)
        _, _, _, normal = _tilted(columns, at)
        _write3(columns, at + NORMALS, normal)
        basis = _harmonics(normal, columns.dtype.type)
        lights = max(_light(basis, red), zero), max(_light(basis, green), zero), max(_light(basis, blue), zero)
        colours = _read3(columns, at + COLOURS)
        _write3(columns, at + LINEAR, (colours[0] * lights[0], colours[1] * lights[1], colours[2] * lights[2]))


@called
@no_type_check
def shade_columns_backward(count, columns, lighting):
    """From the gradients of image and normals to those of what was looked up; leaves harmonics and irradiances' gradients as well."""
    red, green, blue = _channel(lighting, U(0)), _channel(lighting, U(1)), _channel(lighting, U(2))
    for q in range(count):
        at = U(q)
        real = columns.dtype.type
        level, inverse, tilted_inverse, normal = _tilted(columns, at)
        basis = _harmonics(normal, real)
        for k in range(9):
            columns[at + BASIS + U(k) * CHUNK] = basis[k]
        r = _colour_backward(columns, at, _light(basis, red))
        g = _colour_backward(columns, at + CHUNK, _light(basis, green))
        b = _colour_backward(columns, at + U(2) * CHUNK, _light(basis, blue))
        back = _read3(columns, at + NORMALS_BACK)
        for light, channel in ((r, red), (g, green), (b, blue)):
            back = _add(back, _light_backward(normal, channel, light, real))
        back = _unit_backward(normal, tilted_inverse, back)
        _write3(columns, at + TILT_BACK, back)
        columns[at + SLOPES_BACK] = -_dot(back, _read3(columns, at + TANGENTS))
        columns[at + SLOPES_BACK + CHUNK] = -_dot(back, _read3(columns, at + TANGENTS + U(3) * CHUNK))
        _write3(columns, at + RAW_BACK, _unit_backward(level, inverse, back))


@numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz"})
@no_type_check
def add_light_gradient(count, columns, gradient):
    """Adds the pixels' share to the gradient (9, 3) of the lighting; sums in any order, so that several are added at once."""
    for k in range(9):
        for a in range(3):
            total = columns.dtype.type(0)
            for q in range(count):
                total += columns[U(q) + BASIS + U(k) * CHUNK] * columns[U(q) + LIGHT_BACK + U(a) * CHUNK]
            gradient[k, a] += total


@inlined
@no_type_check
def _tilted(columns, at):
    """The smooth normal, one over its raw length, one over that of the tilted normal, and the tilted normal, both of unit length."""
    raw = _read3(columns, at + RAW)
    inverse = _inverse_length(raw, columns.dtype.type)
    level = _scale(raw, inverse)
    along_u, along_v = _read3(columns, at + TANGENTS), _read3(columns, at + TANGENTS + U(3) * CHUNK)
    slope_u, slope_v = columns[at + SLOPES], columns[at + SLOPES + CHUNK]
    x = level[0] - along_u[0] * slope_u - along_v[0] * slope_v
    y = level[1] - along_u[1] * slope_u - along_v[1] * slope_v
    z = level[2] - along_u[2] * slope_u - along_v[2] * slope_v
    tilted_inverse = _inverse_length((x, y, z), columns.dtype.type)
    return level, inverse, tilted_inverse, _scale((x, y, z), tilted_inverse)


@inlined
@no_type_check
def _colour_backward(columns, at, light):
    """Writes the gradient of one channel's albedo, and writes and returns that of its irradiance."""
    real = columns.dtype.type
    zero, one = real(0), real(1)
    lit, colour = max(light, zero), columns[at + COLOURS]
    linear, encoded = colour * lit, columns[at + IMAGE]
    power = real(1 + EXPONENT) if linear > real(DARKEST) else one
    slope = power * encoded / (linear if linear > zero else one)
    slope = slope if (linear > zero) & (linear <= one) else zero
    back = columns[at + IMAGE_BACK] * slope
    columns[at + COLOURS_BACK] = back * lit
    columns[at + LIGHT_BACK] = back * colour
    return back * colour


@inlined
@no_type_check
def _channel(lighting, a):
    """The nine coefficients of a colour channel, read before the loop over pixels."""
    low = lighting[0, a], lighting[1, a], lighting[2, a], lighting[3, a]
    return (*low, lighting[4, a], lighting[5, a], lighting[6, a], lighting[7, a], lighting[8, a])


@inlined
@no_type_check
def _harmonics(normal, real):
    """The nine harmonics, see `lighting.sh_basis`."""
    x, y, z = normal
    first, second = real(BAND_1), real(BAND_2)
    zonal, difference = real(BAND_2_ZONAL) * (real(3) * z * z - real(1)), real(BAND_2_DIFFERENCE) * (x * x - y * y)
    return real(BAND_0), first * y, first * z, first * x, second * x * y, second * y * z, zonal, second * x * z, difference


@inlined
@no_type_check
def _light(b, c):
    """Irradiance before it is clamped at zero."""
    low = b[0] * c[0] + b[1] * c[1] + b[2] * c[2] + b[3] * c[3]
    return low + b[4] * c[4] + b[5] * c[5] + b[6] * c[6] + b[7] * c[7] + b[8] * c[8]


@inlined
@no_type_check
def _light_backward(normal, c, back, real):
    """The gradient of the normal."""
    x, y, z = normal
    b1, b2 = real(BAND_1) * back, real(BAND_2) * back
    zonal, difference = real(6 * BAND_2_ZONAL) * back * c[6], real(2 * BAND_2_DIFFERENCE) * back * c[8]
    xy, yz, xz = c[4] * b2, c[5] * b2, c[7] * b2
    return (
        c[3] * b1 + xy * y + xz * z + difference * x,
        c[1] * b1 + xy * x + yz * z - difference * y,
        c[2] * b1 + yz * y + xz * x + zonal * z,
    )


@inlined
@no_type_check
def _unit_backward(unit, inverse, back):
    """The gradient of a vector from that of the unit vector along it; `inverse` is one over the length."""
    along = _dot(unit, back)
    return (back[0] - along * unit[0]) * inverse, (back[1] - along * unit[1]) * inverse, (back[2] - along * unit[2]) * inverse


@inlined
@no_type_check
def _inverse_length(a, real):
    """One over the length of a vector that counts as never zero."""
    return real(1) / max(np.sqrt(_dot(a, a)), real(SHORTEST))


@inlined
@no_type_check
def _read3(columns, at):
    return columns[at], columns[at + CHUNK], columns[at + U(2) * CHUNK]


@inlined
@no_type_check
def _write3(columns, at, vector):
    columns[at] = vector[0]
    columns[at + CHUNK] = vector[1]
    columns[at + U(2) * CHUNK] = vector[2]


@inlined
@no_type_check
def _add(a, b):
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@inlined
@no_type_check
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
@no_type_check
def _scale(a, factor):
    return a[0] * factor, a[1] * factor, a[2] * factor
