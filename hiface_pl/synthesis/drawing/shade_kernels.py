"""Compiled shading of a rasterised face, and its reduction to the final resolution. Linear RGB, camera frame, float32."""

from typing import no_type_check

import numba
import numpy as np

from hiface_pl.rendering.lighting import BAND_0, BAND_1, BAND_2, BAND_2_DIFFERENCE, BAND_2_ZONAL
from hiface_pl.synthesis.authoring.albedo_layers import Layer
from hiface_pl.synthesis.authoring.complexion import compose_into
from hiface_pl.synthesis.sample import Pixel

Y0, Y1, Y2 = np.float32(BAND_0), np.float32(BAND_1), np.float32(BAND_2)
Y2Z, Y2D = np.float32(BAND_2_ZONAL), np.float32(BAND_2_DIFFERENCE)
SKIN, MOUTH, LEFT_EYE, RIGHT_EYE, TEETH, HAIR, COVER = (
    int(part) for part in (Pixel.SKIN, Pixel.MOUTH, Pixel.LEFT_EYE, Pixel.RIGHT_EYE, Pixel.TEETH, Pixel.HAIR, Pixel.COVER)
)
HAIR_LAYER = int(Layer.HAIR)
HAIRY = np.float32(90)
"""Cover by hair, 0 to 255, from which on a pixel counts as hair."""
TINY = np.float32(1e-9)
PUPIL, IRIS, LIMBUS = np.float32(0.19), np.float32(0.47), np.float32(0.53)
"""Angles from the eye's axis in radians where pupil and iris end, and where the white is fully white."""


@numba.njit(nogil=True, inline="always")
@no_type_check
def _irradiance(x, y, z, light, c):
    value = Y0 * light[0, c] + Y1 * (y * light[1, c] + z * light[2, c] + x * light[3, c])
    value += Y2 * (x * y * light[4, c] + y * z * light[5, c] + x * z * light[7, c])
    value += Y2Z * (3 * z * z - 1) * light[6, c] + Y2D * (x * x - y * y) * light[8, c]
    return max(value, np.float32(0))


@numba.njit(nogil=True, inline="always")
@no_type_check
def _smooth(value, low, high):
    t = min(max((value - low) / (high - low), np.float32(0)), np.float32(1))
    return t * t * (3 - 2 * t)


@numba.njit(nogil=True, inline="always")
@no_type_check
def _texel(u, v, side):
    """Upper left texel of the four around (u, v), and the fractions between them."""
    x = min(max(u * side - np.float32(0.5), np.float32(0)), side - np.float32(1.001))
    y = min(max((1 - v) * side - np.float32(0.5), np.float32(0)), side - np.float32(1.001))
    column, row = int(x), int(y)
    return row, column, y - row, x - column


@numba.njit(nogil=True, inline="always")
@no_type_check
def _add_texels(image, u, v, count, out):
    """Adds the bilinear values of the first `count` channels of an image at (u, v)."""
    row, column, fy, fx = _texel(u, v, np.float32(image.shape[0]))
    m00, m01, m10, m11 = (1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx
    for c in range(count):
        out[c] += (
            m00 * image[row, column, c]
            + m01 * image[row, column + 1, c]
            + m10 * image[row + 1, column, c]
            + m11 * image[row + 1, column + 1, c]
        )


@numba.njit(nogil=True, inline="always")
@no_type_check
def _mixed(values, c, i, j, k, w):
    """Channel `c` of vertex values at a point of the triangle i, j, k."""
    return w[0] * values[i, c] + w[1] * values[j, c] + w[2] * values[k, c]


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=True)
@no_type_check
def shade(
    triangle,
    weights,
    triangles,
    uv_triangles,
    codes,
    uv,
    normals,
    eye_axis,
    neck,
    layers,
    look,
    slopes,
    light,
    directions,
    colours,
    style,
    out,
    code,
):
    """Fills `out` (h, w, 3) with radiance and `code` (h, w) with Pixel values, a row at a time.

    `layers` (ra, ra, l) and `look` make skin colour (see `authoring.complexion`), `slopes` (r, r, 3) is added
    to normals, `eye_axis` (v, 3) points from the eyeball's middle in the eye's own frame, `neck` (v, 2) is the height above the chin and
    the distance from the midline. `style` (4, 3): iris; clothing; gloss of skin, of eyes, -; collar's drop below the chin, its rise per mm
    to the sides, -.
    """
    height, width = triangle.shape
    gathered, colour = np.empty((width, layers.shape[2]), np.float32), np.empty((width, 3), np.float32)
    place, normal, base = np.empty((width, 2), np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    halfway = _half_vectors(directions)
    for r in range(height):
        count = _gather_skin(triangle[r], weights[r], codes, uv_triangles, uv, layers, place, gathered)
        compose_into(gathered[:count], look, colour[:count])
        count = 0
        for p in range(width):
            t = triangle[r, p]
            code[r, p] = 0
            if t < 0:
                continue
            part, w = codes[t], weights[r, p]
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            for c in range(3):
                normal[c] = _mixed(normals, c, i, j, k, w)
            if part == SKIN:
                shine = style[2, 0]
                if _mixed(neck, 0, i, j, k, w) < _mixed(neck, 1, i, j, k, w) * style[3, 1] - style[3, 0]:
                    part, shine = COVER, np.float32(0)
                    base[:] = style[1]
                else:
                    base[:] = colour[count]
                    _add_texels(slopes, place[count, 0], place[count, 1], 3, normal)
                    if look[5] * gathered[count, HAIR_LAYER] > HAIRY:
                        part, shine = HAIR, shine * np.float32(0.6)
                count += 1
            else:
                shine = _inner_surface(part, i, j, k, w, eye_axis, style, base)
            scale = 1 / max(np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2), TINY)
            x, y, z = normal[0] * scale, normal[1] * scale, normal[2] * scale
            for c in range(3):
                out[r, p, c] = base[c] * _irradiance(x, y, z, light, c)
            if shine > 0:
                _add_highlights(x, y, z, light, directions, halfway, colours, shine, LEFT_EYE <= part <= TEETH, out[r, p])
            code[r, p] = part


@numba.njit(nogil=True, inline="always")
@no_type_check
def _gather_skin(triangle, weights, codes, uv_triangles, uv, layers, place, gathered):
    """UV and layer values of the skin pixels of a row, one after the other; returns how many there are."""
    count, channels = 0, layers.shape[2]
    for p in range(triangle.shape[0]):
        t = triangle[p]
        if t >= 0 and codes[t] == SKIN:
            i, j, k = uv_triangles[t, 0], uv_triangles[t, 1], uv_triangles[t, 2]
            place[count, 0], place[count, 1] = _mixed(uv, 0, i, j, k, weights[p]), _mixed(uv, 1, i, j, k, weights[p])
            gathered[count] = 0
            _add_texels(layers, place[count, 0], place[count, 1], channels, gathered[count])
            count += 1
    return count


@numba.njit(nogil=True, inline="always")
@no_type_check
def _inner_surface(part, i, j, k, w, eye_axis, style, base):
    """Colour of eyes, teeth and the mouth's inside, written to `base`. Returns the gloss."""
    if part == TEETH:
        base[0], base[1], base[2] = 0.60, 0.55, 0.46
        return style[2, 1] * np.float32(0.3)
    if part == MOUTH:
        base[0], base[1], base[2] = 0.13, 0.03, 0.03
        return np.float32(0)
    x, y, z = _mixed(eye_axis, 0, i, j, k, w), _mixed(eye_axis, 1, i, j, k, w), _mixed(eye_axis, 2, i, j, k, w)
    _eye_colour(x, y, z, style[0], base)
    return style[2, 1]


@numba.njit(nogil=True, inline="always")
@no_type_check
def _eye_colour(x, y, z, iris, colour):
    """Pupil, iris with a dark rim and a brighter inner ring, white that turns red towards the corners."""
    angle = np.arccos(min(max(z / max(np.sqrt(x * x + y * y + z * z), TINY), np.float32(-1)), np.float32(1)))
    inside = 1 - _smooth(angle, IRIS, LIMBUS)
    rim = 1 - np.float32(0.55) * _smooth(angle, np.float32(0.36), IRIS)
    ring = 1 + np.float32(0.5) * (1 - _smooth(angle, PUPIL, np.float32(0.36)))
    open_ = _smooth(angle, PUPIL, np.float32(0.23))
    red = _smooth(angle, np.float32(0.6), np.float32(1.2))
    for c in range(3):
        white = np.float32(0.56) - np.float32(0.03) * c - red * np.float32(0.10) * (1 + c)
        colour[c] = inside * (np.float32(0.012) + open_ * rim * ring * iris[c]) + (1 - inside) * max(white, np.float32(0.05))


@numba.njit(nogil=True)
@no_type_check
def _half_vectors(directions):
    """Unit vectors half way between the lights and +z, where the camera is."""
    out = np.empty_like(directions)
    for n in range(directions.shape[0]):
        x, y, z = directions[n, 0], directions[n, 1], directions[n, 2] + 1
        scale = 1 / max(np.sqrt(x * x + y * y + z * z), TINY)
        out[n, 0], out[n, 1], out[n, 2] = x * scale, y * scale, z * scale
    return out


@numba.njit(nogil=True, inline="always")
@no_type_check
def _power16(value):
    value *= value
    value *= value
    value *= value
    return value * value


@numba.njit(nogil=True, inline="always")
@no_type_check
def _add_highlights(x, y, z, light, directions, halfway, colours, shine, sharp, out):
    """Blinn's highlights of the distant lights, and what grazing skin mirrors of the ambient light.

    The camera is far away: the viewing direction is taken as +z everywhere, so that the half vectors are constants.
    """
    grazing = (1 - max(z, np.float32(0))) * (1 - max(z, np.float32(0)))
    grazing *= grazing * np.float32(0.35) * shine * Y0
    for c in range(3):
        out[c] += grazing * light[0, c]
    for n in range(directions.shape[0]):
        if colours[n, 1] <= 0:
            continue
        towards = x * halfway[n, 0] + y * halfway[n, 1] + z * halfway[n, 2]
        lit = x * directions[n, 0] + y * directions[n, 1] + z * directions[n, 2]
        if towards <= np.float32(0.7) or lit <= 0:
            continue
        wide = _power16(towards)
        value = shine * (_power16(wide) if sharp else np.float32(0.45) * wide + np.float32(0.5) * wide * wide * wide * wide)
        value *= min(lit * 4, np.float32(1))
        for c in range(3):
            out[c] += value * colours[n, c]


@numba.njit(nogil=True, cache=True)
@no_type_check
def reduce_samples(colour, code, depth, factor, out, alpha, parts, nearest):
    """Means of `factor` x `factor` subsamples. A pixel is skin only if all subsamples are; else the commonest other part wins.

    `out` (h, w, 3) is premultiplied with `alpha` (h, w), the covered share; `nearest` is the smallest depth, 0 where nothing is covered.
    """
    counts = np.zeros(8, np.int64)
    share = np.float32(1) / (factor * factor)
    for r in range(out.shape[0]):
        for p in range(out.shape[1]):
            counts[:] = 0
            out[r, p] = 0
            closest = np.float32(0)
            for a in range(r * factor, (r + 1) * factor):
                for b in range(p * factor, (p + 1) * factor):
                    kind = code[a, b]
                    counts[kind] += 1
                    if kind > 0:
                        for c in range(3):
                            out[r, p, c] += colour[a, b, c] * share
                        if closest == 0 or depth[a, b] < closest:
                            closest = depth[a, b]
            alpha[r, p] = 1 - counts[0] * share
            nearest[r, p] = closest
            best = SKIN
            if counts[SKIN] < factor * factor:
                best = 0
                for kind in range(2, 8):
                    if counts[kind] > counts[best]:
                        best = kind
            parts[r, p] = best
