"""Compiled colours of visible pixels and their gradients: one pass over the pixels instead of a chain of image-sized operations.

The same mathematics as `hiface_pl.rendering.shading.shade_in_torch`, pixel by pixel. Everything about one pixel is scalars and small
tuples, which stay in registers: small arrays are many times slower here.
"""

from collections import namedtuple
from typing import no_type_check

import numba

from hiface_pl.rendering import pixel_kernels as pixel

Mesh = namedtuple("Mesh", ["triangles", "uv_triangles", "uv", "skin", "colours"])
"""Constants of a face model: corners (m, 3), texture corners (m, 3), coordinates (t, 2), per triangle whether skin, else its colour."""
Inputs = namedtuple("Inputs", ["weights", "normals", "tangents", "slopes", "albedo", "lighting"])
"""What images depend on, or its gradients. `slopes` of one texel stand for a face without detail."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def shade_pixels(triangle, mesh, inputs, image, normals):
    """Fills `image` and `normals` (b, 3, h, w) from the triangle of each pixel (b, h, w)."""
    image[:] = 0
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
                at = pixel.corners(mesh.triangles, t, inputs.weights, n, r, c)
                at_uv = pixel.corners(mesh.uv_triangles, t, inputs.weights, n, r, c)
                place = pixel.mix(mesh.uv, 0, at_uv), pixel.mix(mesh.uv, 1, at_uv)
                raw = pixel.mix3(smooth, 0, at)
                normal = pixel.scale(raw, 1 / pixel.length(raw))
                if detail:
                    where = pixel.spot(place, slopes.shape[1])
                    slope_u, slope_v = pixel.bilinear(slopes, 0, where), pixel.bilinear(slopes, 1, where)
                    raw = pixel.tilt(normal, pixel.mix3(tangents, 0, at_uv), pixel.mix3(tangents, 3, at_uv), slope_u, slope_v)
                    normal = pixel.scale(raw, 1 / pixel.length(raw))
                basis, where = pixel.harmonics(normal), pixel.spot(place, albedo.shape[1])
                for a in range(3):
                    colour = pixel.bilinear(albedo, a, where) if mesh.skin[t] else mesh.colours[t, a]
                    image[n, a, r, c] = pixel.encode(colour * max(pixel.light(basis, lighting, a), 0.0), image.dtype.type)
                    normals[n, a, r, c] = normal[a]


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def shade_pixels_backward(triangle, mesh, inputs, image, image_gradient, normals_gradient, gradients):
    """Adds the gradients of all inputs, given those of the image and the normals, to `gradients`, which starts at zero.

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
                at = pixel.corners(mesh.triangles, t, inputs.weights, n, r, c)
                at_uv = pixel.corners(mesh.uv_triangles, t, inputs.weights, n, r, c)
                place = pixel.mix(mesh.uv, 0, at_uv), pixel.mix(mesh.uv, 1, at_uv)
                raw = pixel.mix3(smooth, 0, at)
                raw_length = tilted_length = pixel.length(raw)
                level = normal = pixel.scale(raw, 1 / raw_length)
                tangent_u, tangent_v, slope_u, slope_v = level, level, 0.0, 0.0
                detail_where = pixel.spot(place, slopes.shape[1])
                if detail:
                    slope_u, slope_v = pixel.bilinear(slopes, 0, detail_where), pixel.bilinear(slopes, 1, detail_where)
                    tangent_u, tangent_v = pixel.mix3(tangents, 0, at_uv), pixel.mix3(tangents, 3, at_uv)
                    raw = pixel.tilt(level, tangent_u, tangent_v, slope_u, slope_v)
                    tilted_length = pixel.length(raw)
                    normal = pixel.scale(raw, 1 / tilted_length)
                basis, where = pixel.harmonics(normal), pixel.spot(place, albedo.shape[1])

                normal_back = (normals_gradient[n, 0, r, c] * 1.0, normals_gradient[n, 1, r, c] * 1.0, normals_gradient[n, 2, r, c] * 1.0)
                place_u, place_v = 0.0, 0.0
                for a in range(3):
                    colour = pixel.bilinear(albedo, a, where) if mesh.skin[t] else mesh.colours[t, a]
                    light = pixel.light(basis, lighting, a)
                    if light <= 0:
                        continue
                    back = image_gradient[n, a, r, c] * pixel.encode_slope(colour * light, image[n, a, r, c])
                    normal_back = pixel.add(normal_back, pixel.light_backward(normal, basis, lighting, lighting_back, a, back * colour))
                    if mesh.skin[t]:
                        back_u, back_v = pixel.bilinear_backward(albedo, albedo_back, a, where, back * light)
                        place_u, place_v = place_u + back_u, place_v + back_v
                weights_back = (0.0, 0.0, 0.0)
                if detail:
                    normal_back = pixel.unit_backward(normal, tilted_length, normal_back)
                    back_u, back_v = pixel.bilinear_backward(slopes, slopes_back, 0, detail_where, -pixel.dot(normal_back, tangent_u))
                    place_u, place_v = place_u + back_u, place_v + back_v
                    back_u, back_v = pixel.bilinear_backward(slopes, slopes_back, 1, detail_where, -pixel.dot(normal_back, tangent_v))
                    place_u, place_v = place_u + back_u, place_v + back_v
                    for column, slope in ((0, slope_u), (3, slope_v)):
                        back3 = pixel.mix3_backward(tangents, tangents_back, column, at_uv, pixel.scale(normal_back, -slope))
                        weights_back = pixel.add(weights_back, back3)
                raw_back = pixel.unit_backward(level, raw_length, normal_back)
                weights_back = pixel.add(weights_back, pixel.mix3_backward(smooth, smooth_back, 0, at, raw_back))
                weights_back = pixel.add(weights_back, pixel.place_backward(mesh.uv, at_uv, (place_u, place_v)))
                for a in range(3):
                    gradients.weights[n, r, c, a] = weights_back[a]
