"""The compiled parts of `closest.SurfaceTree`: a balanced tree of boxes over triangles, and the search for nearest points in it.

The children of node i are 2i + 1 and 2i + 2, all leaves lie at one depth, and leaf k of 2^depth holds the slots from m k / 2^depth to
m (k + 1) / 2^depth of the m triangles in tree order. So a tree is two arrays, the order and the boxes; moving the vertices changes the
boxes only, and a rigid movement not even these.
"""

from typing import no_type_check

import numba
import numpy as np

LEAF = 2
"""Most triangles in a leaf."""
THIN = 1e-14
"""Of the product of two squared sides: triangles whose squared area is smaller count as their edges."""

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@compiled
@no_type_check
def tree_depth(count):
    """The smallest depth whose leaves hold at most LEAF of `count` triangles."""
    depth = 0
    while -(-count >> depth) > LEAF:
        depth += 1
    return depth


@compiled
@no_type_check
def tree_order(centres, depth):
    """Triangles in tree order: every node is split at its median along the longest side of its centres' box."""
    count = len(centres)
    order = np.arange(count)
    for level in range(depth):
        for node in range(1 << level):
            low, high = count * node >> level, count * (node + 1) >> level
            _select(centres[:, _longest_side(centres, order, low, high)], order, low, high, count * (2 * node + 1) >> (level + 1))
    return order


@compiled
@no_type_check
def _longest_side(centres, order, low, high):
    best, side = -1.0, 0
    for axis in range(3):
        least, most = np.inf, -np.inf
        for slot in range(low, high):
            value = centres[order[slot], axis]
            least, most = min(least, value), max(most, value)
        if most - least > best:
            best, side = most - least, axis
    return side


@compiled
@no_type_check
def _select(keys, order, low, high, middle):
    """Puts the smallest keys of order[low:high] before `middle` (quickselect)."""
    high -= 1
    while low < high:
        pivot = keys[order[(low + high) >> 1]]
        left, right = low, high
        while left <= right:
            while keys[order[left]] < pivot:
                left += 1
            while keys[order[right]] > pivot:
                right -= 1
            if left <= right:
                order[left], order[right] = order[right], order[left]
                left += 1
                right -= 1
        if middle <= right:
            high = right
        elif middle >= left:
            low = left
        else:
            return


@compiled
@no_type_check
def fit_boxes(vertices, triangles, order, depth):
    """The boxes (nodes, 6) around the triangles in tree order: three lower, three upper bounds."""
    count, leaves = len(order), 1 << depth
    boxes = np.empty((2 * leaves - 1, 6))
    for node in range(leaves):
        box = boxes[leaves - 1 + node]
        box[:3], box[3:] = np.inf, -np.inf
        for slot in range(count * node >> depth, count * (node + 1) >> depth):
            for corner in range(3):
                for axis in range(3):
                    value = vertices[triangles[order[slot], corner], axis]
                    box[axis], box[3 + axis] = min(box[axis], value), max(box[3 + axis], value)
    for node in range(leaves - 2, -1, -1):
        for axis in range(3):
            boxes[node, axis] = min(boxes[2 * node + 1, axis], boxes[2 * node + 2, axis])
            boxes[node, 3 + axis] = max(boxes[2 * node + 1, 3 + axis], boxes[2 * node + 2, 3 + axis])
    return boxes


@compiled
@no_type_check
def _box_distance(box, x, y, z):
    """Squared distance to a box, 0 inside."""
    across = max(box[0] - x, 0.0, x - box[3])
    up = max(box[1] - y, 0.0, y - box[4])
    out = max(box[2] - z, 0.0, z - box[5])
    return across * across + up * up + out * out


@compiled
@no_type_check
def _put(point, corner, first, second, weights, place):
    """Sets `place` to corner 0 plus parts of its edges to corners 1 and 2; returns the squared distance to the point."""
    weights[0], weights[1], weights[2] = 1 - first - second, first, second
    for axis in range(3):
        start = corner[0, axis]
        place[axis] = start + (corner[1, axis] - start) * first + (corner[2, axis] - start) * second
    return _squared(point, place)


@compiled
@no_type_check
def _put_between(point, corner, start, end, part, weights, place):
    """Sets `place` on the edge between two corners; returns the squared distance to the point."""
    weights[:] = 0
    weights[start], weights[end] = 1 - part, part
    for axis in range(3):
        place[axis] = corner[start, axis] + part * (corner[end, axis] - corner[start, axis])
    return _squared(point, place)


@compiled
@no_type_check
def _squared(point, place):
    x, y, z = point[0] - place[0], point[1] - place[1], point[2] - place[2]
    return x * x + y * y + z * z


@compiled
@no_type_check
def _on_edges(point, corner, weights, place):
    """The nearest place on the three edges, of a triangle without area."""
    best, start, end, part = np.inf, 0, 1, 0.0
    for first in range(3):
        second = (first + 1) % 3
        along = length = 0.0
        for axis in range(3):
            edge = corner[second, axis] - corner[first, axis]
            along += edge * (point[axis] - corner[first, axis])
            length += edge * edge
        here = min(max(along / length, 0.0), 1.0) if length > 0 else 0.0
        distance = _put_between(point, corner, first, second, here, weights, place)
        if distance < best:
            best, start, end, part = distance, first, second, here
    return _put_between(point, corner, start, end, part, weights, place)


@compiled
@no_type_check
def _on_triangle(point, corner, weights, place):  # noqa: PLR0911 - a region of the book each
    """Sets `place` and its barycentric `weights` to what is nearest on a triangle; returns the squared distance.

    Source: the regions of Christer Ericson, Real-Time Collision Detection, 2005, section 5.1.5, in the order of operations of the book,
    so that whoever follows it finds the same last bit.
    """
    a, b, c = corner[0], corner[1], corner[2]
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    px, py, pz = point[0] - a[0], point[1] - a[1], point[2] - a[2]
    d1, d2 = ux * px + uy * py + uz * pz, vx * px + vy * py + vz * pz
    if d1 <= 0 and d2 <= 0:
        return _put_between(point, corner, 0, 1, 0.0, weights, place)
    px, py, pz = point[0] - b[0], point[1] - b[1], point[2] - b[2]
    d3, d4 = ux * px + uy * py + uz * pz, vx * px + vy * py + vz * pz
    if d3 >= 0 and d4 <= d3:
        return _put_between(point, corner, 1, 2, 0.0, weights, place)
    vc = d1 * d4 - d3 * d2
    if vc <= 0 and d1 >= 0 and d3 <= 0 and d1 > d3:
        return _put_between(point, corner, 0, 1, d1 / (d1 - d3), weights, place)
    px, py, pz = point[0] - c[0], point[1] - c[1], point[2] - c[2]
    d5, d6 = ux * px + uy * py + uz * pz, vx * px + vy * py + vz * pz
    if d6 >= 0 and d5 <= d6:
        return _put_between(point, corner, 2, 0, 0.0, weights, place)
    vb = d5 * d2 - d1 * d6
    if vb <= 0 and d2 >= 0 and d6 <= 0 and d2 > d6:
        return _put_between(point, corner, 0, 2, d2 / (d2 - d6), weights, place)
    va, along, back = d3 * d6 - d5 * d4, d4 - d3, d5 - d6
    if va <= 0 and along >= 0 and back >= 0 and along + back > 0:
        return _put_between(point, corner, 1, 2, along / (along + back), weights, place)
    area = va + vb + vc
    if area <= THIN * (d1 - d3) * (d2 - d6):
        return _on_edges(point, corner, weights, place)
    scale = 1 / area
    return _put(point, corner, vb * scale, vc * scale, weights, place)


@compiled
@no_type_check
def _facing(point, corner, place, squared):
    """Cosine between a triangle's normal and the way from its place to the point; 0 for a triangle without area."""
    ux, uy, uz = corner[1, 0] - corner[0, 0], corner[1, 1] - corner[0, 1], corner[1, 2] - corner[0, 2]
    vx, vy, vz = corner[2, 0] - corner[1, 0], corner[2, 1] - corner[1, 1], corner[2, 2] - corner[1, 2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length, far = np.sqrt(nx * nx + ny * ny + nz * nz), np.sqrt(squared)
    if not length > 0:
        return 0.0
    scale = 1 / length
    x, y, z = (point[0] - place[0]) / far, (point[1] - place[1]) / far, (point[2] - place[2]) / far
    return nx * scale * x + ny * scale * y + nz * scale * z


@compiled
@no_type_check
def _take_in(slot, distance, slack, pair, squares):
    """Keeps the nearest triangle (row 0) and the second nearest (row 1), if that is as near within `slack`."""
    if slot == pair[0]:
        return
    if distance < squares[0]:
        if squares[0] - distance < slack:
            pair[1], squares[1] = pair[0], squares[0]
        else:
            pair[1], squares[1] = -1, np.inf
        pair[0], squares[0] = slot, distance
    elif distance < min(squares[0] + slack, squares[1]):
        pair[1], squares[1] = slot, distance


@compiled
@no_type_check
def _chosen(point, corners, slack, pair, squares, weights, place):
    """0 for the nearest triangle, or 1 where the second nearest is as near and faces the point more, and neither touches it."""
    if pair[1] < 0 or squares[1] - squares[0] >= slack or squares[0] <= slack:
        return 0
    _on_triangle(point, corners[0], weights, place)
    first = _facing(point, corners[0], place, squares[0])
    _on_triangle(point, corners[1], weights, place)
    return 1 if _facing(point, corners[1], place, squares[1]) > first else 0


@compiled
@no_type_check
def farthest_stray(vertices, boxed, rotation, offset):
    """How far a vertex lies from where a rotation and an offset take it, at most."""
    most = 0.0
    for n in range(len(vertices)):
        total = 0.0
        for axis in range(3):
            place = offset[axis] - boxed[n, axis]
            for other in range(3):
                place += rotation[axis, other] * vertices[n, other]
            total += place * place
        most = max(most, total)
    return np.sqrt(most)


@compiled
@no_type_check
def _leaf_of(slot, count, depth):
    """The leaf that holds a slot."""
    leaf = (slot << depth) // count
    while count * (leaf + 1) >> depth <= slot:
        leaf += 1
    return leaf


@compiled
@no_type_check
def _corners(surface, slot, corner):
    """Copies the corners of a triangle in tree order."""
    vertices, triangles, order = surface
    for number in range(3):
        vertex = triangles[order[slot], number]
        for axis in range(3):
            corner[number, axis] = vertices[vertex, axis]


@compiled
@no_type_check
def _reach(squared, slack, stray):
    """The squared distance in the tree's frame beyond which no triangle counts any more."""
    return squared + slack if stray == 0 else (np.sqrt(squared + slack) + stray) ** 2


@compiled
@no_type_check
def nearest(points, turn, probes, stray, surface, boxes, depth, seeds, slack, slots, weights, places):
    """Fills `slots` (n) with the triangle, in tree order, that is nearest to each point, `places` and `weights` (n, 3) with where on it.

    `surface` are the vertices, the triangles and their order in the tree. The boxes are those of a surface that was moved since: `probes`
    are the points in its frame, and no vertex is farther than `stray` from where the movement of the points back would take it.
    A seed is a slot that is likely near: it bounds the search from the start and changes no result; -1 takes what was found for the point
    before, so that `turn`, the order of work, best goes from neighbour to neighbour. Of two triangles whose squared distances differ by
    less than `slack`, the one that faces the point counts.
    """
    count, inner = len(surface[2]), (1 << depth) - 1
    nodes, bounds, corners = np.empty(depth + 2, np.int64), np.empty(depth + 2), np.empty((2, 3, 3))
    pair, squares = np.empty(2, np.int64), np.empty(2)
    former = 0
    for n in turn:
        point, weight, place = points[n], weights[n], places[n]
        x, y, z = probes[n]
        seed = seeds[n] if seeds[n] >= 0 else former
        _corners(surface, seed, corners[0])
        pair[0], squares[0], pair[1], squares[1] = seed, _on_triangle(point, corners[0], weight, place), -1, np.inf
        reach = _reach(squares[0], slack, stray)
        start, height = _leaf_of(seed, count, depth) + inner, 1
        nodes[0], bounds[0] = start, 0.0
        while True:
            if height == 0:
                if start == 0:
                    break
                other = start + 1 if start % 2 else start - 1
                nodes[0], bounds[0], height = other, _box_distance(boxes[other], x, y, z), 1
                start = (start - 1) >> 1
            height -= 1
            node = nodes[height]
            if bounds[height] >= reach:
                continue
            while node < inner:
                node = 2 * node + 1
                left, right = _box_distance(boxes[node], x, y, z), _box_distance(boxes[node + 1], x, y, z)
                far = max(left, right)
                if far < reach:
                    nodes[height], bounds[height] = (node + 1 if left <= right else node), far
                    height += 1
                if min(left, right) >= reach:
                    node = -1
                    break
                node += 0 if left <= right else 1
            if node < 0:
                continue
            leaf = node - inner
            for slot in range(count * leaf >> depth, count * (leaf + 1) >> depth):
                _corners(surface, slot, corners[0])
                _take_in(slot, _on_triangle(point, corners[0], weight, place), slack, pair, squares)
            reach = _reach(squares[0], slack, stray)
        for row in range(2):
            _corners(surface, max(pair[row], 0), corners[row])
        row = _chosen(point, corners, slack, pair, squares, weight, place)
        slots[n] = former = pair[row]
        _on_triangle(point, corners[row], weight, place)
