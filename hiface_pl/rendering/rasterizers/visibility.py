"""The compiled z-buffer. The arithmetic is PyTorch3D's, operation by operation, so that both see the same triangles.

A triangle is dropped at once where no pixel centre can lie in its bounding box; nothing is clipped: one with a corner behind the camera, or
of almost no area, is dropped too. The rest are drawn facing first, those turned away after them, because most of these lie hidden and are
passed by. Drawing is split in two, so that the inner loop over pixel centres has no branch that a processor could guess wrong: it
collects the hits of many triangles, and `_settle` then computes their weights and depths and keeps the nearest. Of equally near
triangles the first wins, in whatever order they are drawn. Kernels work in float32 and float64 and keep no state.
"""

from typing import no_type_check

import numpy as np

from hiface_pl.rendering.compiling import U, called, inlined, kernel

EPSILON = 1e-8
"""Smallest area, depth and denominator. PyTorch3D: kEpsilon."""
SLACK = 1e-2
"""Bounding boxes in pixels are this much too large, because they are rounded differently from the comparison that decides."""
CLOSER = 1 - 1e-5
"""A triangle whose nearest corner times this lies behind the pixel's depth cannot win it: no need to compute where it hits."""
HITS = 4096
"""So many hits are collected before they are settled: few enough to stay in the processor's cache."""
MARGIN = 4
"""Positions in pixels are at least -2; with this added, cutting off decimals rounds down."""
HALF, LOWER = np.int64(32), np.int64(0xFFFFFFFF)
ONE, ZERO, SHIFT, PIXEL = U(1), U(0), U(32), U(0xFFFFFFFF)


@kernel
@no_type_check
def rasterize(ndc, triangles, xs, ys, cull_backfaces, triangle, weights, depth):
    """Fills `triangle`, `weights` and `depth` (b, h, w[, 3]) for meshes `ndc` (b, v, 3)."""
    vertices, faces, pixels = ndc.shape[1], triangles.shape[0], xs.shape[0] * ys.shape[0]
    places, cells = np.empty((vertices, 2), ndc.dtype), np.empty(vertices, np.int64)
    facing, averted = np.empty(faces, np.int64), np.empty(faces, np.int64)
    room = max(HITS, xs.shape[0])
    scratch = np.empty(room, np.uint64), np.empty(4 * room, ndc.dtype), np.empty(4 * faces, ndc.dtype)
    for n in range(ndc.shape[0]):
        image = triangle[n].reshape(pixels), weights[n].reshape(3 * pixels), depth[n].reshape(pixels)
        image[0][:] = -1
        image[1][:] = 0
        image[2][:] = np.inf
        _place(ndc[n], xs, ys, places, cells)
        front, back = _sort(ndc[n], triangles, cells, facing, averted)
        _draw(facing[:front], ndc[n], triangles, places, xs, ys, scratch, image)
        if not cull_backfaces:
            _draw(averted[:back], ndc[n], triangles, places, xs, ys, scratch, image)
        for p in range(pixels):
            image[2][p] = image[2][p] if image[0][p] >= 0 else 0


@inlined
@no_type_check
def _place(points, xs, ys, places, cells):
    """Where vertices lie in pixels, clipped to just outside the image, and between which pixel centres.

    The halves of a cell are twice the column and twice the row before the vertex, plus one where it may lie on the centre itself.
    """
    real = points.dtype.type
    pixels, slack, margin = real(min(xs.shape[0], ys.shape[0]) / 2), real(SLACK), real(MARGIN)
    outside, right, bottom = real(-2), real(xs.shape[0] + 1), real(ys.shape[0] + 1)
    left_most, top_most = xs[0], ys[0]
    for v in range(points.shape[0]):
        column, row = (left_most - points[v, 0]) * pixels, (top_most - points[v, 1]) * pixels
        column, row = min(max(outside, column), right), min(max(outside, row), bottom)
        places[v, 0] = column
        places[v, 1] = row
        left, above = np.int64(column - slack + margin), np.int64(row - slack + margin)
        column_cell = np.int64(2) * left + np.int64(np.int64(column + slack + margin) != left)
        row_cell = np.int64(2) * above + np.int64(np.int64(row + slack + margin) != above)
        cells[v] = column_cell | (row_cell << HALF)


@inlined
@no_type_check
def _sort(points, triangles, cells, facing, averted):
    """Lists the triangles that may hold a pixel centre by the way they face, and returns how many there are of each."""
    front, back = ZERO, ZERO
    on_centre = np.int64(1) | (np.int64(1) << HALF)
    for t in range(triangles.shape[0]):
        i, j, k = U(triangles[t, 0]), U(triangles[t, 1]), U(triangles[t, 2])
        one, two, three = cells[i], cells[j], cells[k]
        spread = (one ^ two) | (two ^ three) | ((one | two | three) & on_centre)
        drawn = ((spread & LOWER) != 0) & ((spread >> HALF) != 0)
        x, y = points[j, 0], points[j, 1]
        area = (points[i, 0] - x) * (points[k, 1] - y) - (points[i, 1] - y) * (points[k, 0] - x)
        facing[front] = t
        averted[back] = t
        front += U(drawn & (area > EPSILON))
        back += U(drawn & (area < -EPSILON))
    return front, back


@inlined
@no_type_check
def _box(i, j, k, points, places, xs, ys):
    """First and last (exclusive) column and row whose pixel centres lie in a triangle's bounding box."""
    real = points.dtype.type
    slack, zero = real(SLACK), real(0)
    first = np.ceil(max(min(places[i, 0], places[j, 0], places[k, 0]) - slack, zero))
    last = np.floor(min(max(places[i, 0], places[j, 0], places[k, 0]) + slack, real(xs.shape[0] - 1)))
    top = np.ceil(max(min(places[i, 1], places[j, 1], places[k, 1]) - slack, zero))
    bottom = np.floor(min(max(places[i, 1], places[j, 1], places[k, 1]) + slack, real(ys.shape[0] - 1)))
    if (first > last) | (top > bottom):
        return ZERO, ZERO, ZERO, ZERO
    c, c_end, r, r_end = U(first), U(last), U(top), U(bottom)
    c += U(xs[c] > max(points[i, 0], points[j, 0], points[k, 0]))
    r += U(ys[r] > max(points[i, 1], points[j, 1], points[k, 1]))
    c_end += ONE - U(xs[c_end] < min(points[i, 0], points[j, 0], points[k, 0]))
    r_end += ONE - U(ys[r_end] < min(points[i, 1], points[j, 1], points[k, 1]))
    return c, c_end, r, r_end


@inlined
@no_type_check
def _signed_area(i, j, k, points):
    """Twice the area as PyTorch3D divides by it."""
    x, y = points[i, 0], points[i, 1]
    area = (points[k, 0] - x) * (points[j, 1] - y) - (points[k, 1] - y) * (points[j, 0] - x)
    return points.dtype.type(area + EPSILON)


@called
@no_type_check
def _draw(listed, points, triangles, places, xs, ys, scratch, image):
    """Draws the listed triangles of one mesh into the z-buffer of one image."""
    hits, _, corners = scratch
    hit = ZERO
    for m in range(listed.shape[0]):
        t = U(listed[m])
        i, j, k = U(triangles[t, 0]), U(triangles[t, 1]), U(triangles[t, 2])
        first, end, top, bottom = _box(i, j, k, points, places, xs, ys)
        nearest = min(points[i, 2], points[j, 2], points[k, 2])
        if (first >= end) | (top >= bottom) | (not nearest >= EPSILON):
            continue
        at = U(4) * U(m)
        corners[at] = _signed_area(i, j, k, points)
        corners[at + ONE], corners[at + U(2)], corners[at + U(3)] = points[i, 2], points[j, 2], points[k, 2]
        while top < bottom:
            stop = bottom if (end - first) * (bottom - top) <= U(HITS) else min(bottom, top + max(ONE, U(HITS) // (end - first)))
            if hit + (end - first) * (stop - top) > U(hits.shape[0]):
                _settle(hit, listed, scratch, image)
                hit = ZERO
            hit = _collect(hit, U(m), (first, end, top, stop), (i, j, k), points, xs, ys, scratch, image[2])
            top = stop
    _settle(hit, listed, scratch, image)


@inlined
@no_type_check
def _collect(hit, m, box, corner, points, xs, ys, scratch, depth):
    """Adds the pixel centres of `box` inside triangle number m of the list to the hits, with their edge functions; returns the new count.

    Edge functions are taken times the sign of the area, so that they are positive inside. No branch depends on where a centre lies.
    """
    hits, edges, corners = scratch
    first, end, row, stop = box
    i, j, k = corner
    real = points.dtype.type
    zero, sign = real(0), real(1) if corners[U(4) * m] > 0 else real(-1)
    nearest = min(points[i, 2], points[j, 2], points[k, 2]) * real(CLOSER)
    x0, y0, x1, y1, x2, y2 = points[i, 0], points[i, 1], points[j, 0], points[j, 1], points[k, 0], points[k, 1]
    down0, down1, down2 = (y2 - y1) * sign, (y0 - y2) * sign, (y1 - y0) * sign
    along0, along1, along2 = (x2 - x1) * sign, (x0 - x2) * sign, (x1 - x0) * sign
    column, width, tag = first, U(xs.shape[0]), m << SHIFT
    for _ in range((end - first) * (stop - row)):
        x, y, pixel, at = xs[column], ys[row], row * width + column, U(4) * hit
        e0 = (x - x1) * down0 - (y - y1) * along0
        e1 = (x - x2) * down1 - (y - y2) * along1
        e2 = (x - x0) * down2 - (y - y0) * along2
        hits[hit] = tag | pixel
        edges[at] = e0
        edges[at + ONE] = e1
        edges[at + U(2)] = e2
        hit += U((e0 > zero) & (e1 > zero) & (e2 > zero) & (nearest <= depth[pixel]))
        column += ONE
        wrap = column == end
        column = first if wrap else column
        row += U(wrap)
    return hit


@called
@no_type_check
def _settle(count, listed, scratch, image):
    """Computes weights and depths of the hits, and keeps the nearest at each pixel."""
    hits, edges, corners = scratch
    triangle, weights, depth = image
    real = edges.dtype.type
    least, zero = real(EPSILON), real(0)
    for h in range(count):
        at, m = U(4) * U(h), U(4) * (hits[h] >> SHIFT)
        area, z0, z1, z2 = abs(corners[m]), corners[m + ONE], corners[m + U(2)], corners[m + U(3)]
        w0, w1, w2 = edges[at] / area, edges[at + ONE] / area, edges[at + U(2)] / area
        t0, t1, t2 = w0 * z1 * z2, w1 * z0 * z2, w2 * z0 * z1
        total = max(t0 + t1 + t2, least)
        w0, w1, w2 = t0 / total, t1 / total, t2 / total
        edges[at], edges[at + ONE], edges[at + U(2)] = w0, w1, w2
        edges[at + U(3)] = w0 * z0 + w1 * z1 + w2 * z2 if (w0 > zero) & (w1 > zero) & (w2 > zero) else np.inf
    for h in range(count):
        at, t, pixel = U(4) * U(h), listed[hits[h] >> SHIFT], hits[h] & PIXEL
        z = edges[at + U(3)]
        if (z < depth[pixel]) | ((z == depth[pixel]) & (t < triangle[pixel])):
            triangle[pixel] = t
            depth[pixel] = z
            to = U(3) * pixel
            weights[to], weights[to + ONE], weights[to + U(2)] = edges[at], edges[at + ONE], edges[at + U(2)]
