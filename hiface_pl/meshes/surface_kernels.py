"""The compiled parts of `closest.SurfaceTree`: a balanced tree of boxes over triangles, and the search for nearest points in it.

The children of node i are 2i + 1 and 2i + 2, all leaves lie at one depth, and leaf k of 2^depth holds the slots from m k / 2^depth to
m (k + 1) / 2^depth of the m triangles in tree order. So a tree is three arrays: the order, the corners in that order, and the boxes;
moving the vertices changes the last two only.
"""

from typing import no_type_check

import numba
import numpy as np

LEAF = 2
"""Most triangles in a leaf."""

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
    """Corners (m, 3, 3) in tree order and the boxes (nodes, 6) around them: three lower, three upper bounds."""
    count, leaves = len(order), 1 << depth
    corners, boxes = np.empty((count, 3, 3)), np.empty((2 * leaves - 1, 6))
    for node in range(leaves):
        box = boxes[leaves - 1 + node]
        box[:3], box[3:] = np.inf, -np.inf
        for slot in range(count * node >> depth, count * (node + 1) >> depth):
            for corner in range(3):
                for axis in range(3):
                    value = vertices[triangles[order[slot], corner], axis]
                    corners[slot, corner, axis] = value
                    box[axis], box[3 + axis] = min(box[axis], value), max(box[3 + axis], value)
    for node in range(leaves - 2, -1, -1):
        for axis in range(3):
            boxes[node, axis] = min(boxes[2 * node + 1, axis], boxes[2 * node + 2, axis])
            boxes[node, 3 + axis] = max(boxes[2 * node + 1, 3 + axis], boxes[2 * node + 2, 3 + axis])
    return corners, boxes


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
def _on_edge(along, length):
    """How far along an edge the foot of a point lies, 0 to 1, from two inner products with the edge; 0 on an edge without length."""
    return min(max(along / length, 0.0), 1.0) if length > 0 else 0.0


@compiled
@no_type_check
def _edge_weights(corner, edge, weights):
    """Squared distance to the nearest point of the three edges; `weights` becomes its barycentric weights."""
    best = np.inf
    for start in range(3):
        end = (start + 1) % 3
        ex, ey, ez = edge[end, 0] - edge[start, 0], edge[end, 1] - edge[start, 1], edge[end, 2] - edge[start, 2]
        px, py, pz = corner[0] - edge[start, 0], corner[1] - edge[start, 1], corner[2] - edge[start, 2]
        part = _on_edge(px * ex + py * ey + pz * ez, ex * ex + ey * ey + ez * ez)
        dx, dy, dz = px - part * ex, py - part * ey, pz - part * ez
        distance = dx * dx + dy * dy + dz * dz
        if distance < best:
            best = distance
            weights[:] = 0
            weights[start], weights[end] = 1 - part, part
    return best


@compiled
@no_type_check
def _triangle_distance(point, corner, weights):
    """Squared distance to a triangle; `weights` becomes the barycentric weights of its nearest point.

    The foot on the plane counts where its weights are positive; else, or where the triangle has no area, the nearest edge point does.
    """
    ux, uy, uz = corner[1, 0] - corner[0, 0], corner[1, 1] - corner[0, 1], corner[1, 2] - corner[0, 2]
    vx, vy, vz = corner[2, 0] - corner[0, 0], corner[2, 1] - corner[0, 1], corner[2, 2] - corner[0, 2]
    px, py, pz = point[0] - corner[0, 0], point[1] - corner[0, 1], point[2] - corner[0, 2]
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    pu, pv = px * ux + py * uy + pz * uz, px * vx + py * vy + pz * vz
    area = uu * vv - uv * uv
    second, third = vv * pu - uv * pv, uu * pv - uv * pu
    if second < 0 or third < 0 or second + third > area or area <= 1e-14 * uu * vv:
        return _edge_weights(point, corner, weights)
    second, third = second / area, third / area
    weights[0], weights[1], weights[2] = 1 - second - third, second, third
    dx, dy, dz = px - second * ux - third * vx, py - second * uy - third * vy, pz - second * uz - third * vz
    return dx * dx + dy * dy + dz * dz


@compiled
@no_type_check
def _facing(point, corner, weights, squared):
    """Cosine between a triangle's normal and the way from its place to the point."""
    ux, uy, uz = corner[1, 0] - corner[0, 0], corner[1, 1] - corner[0, 1], corner[1, 2] - corner[0, 2]
    vx, vy, vz = corner[2, 0] - corner[0, 0], corner[2, 1] - corner[0, 1], corner[2, 2] - corner[0, 2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    total = 0.0
    for axis, normal in enumerate((nx, ny, nz)):
        place = weights[0] * corner[0, axis] + weights[1] * corner[1, axis] + weights[2] * corner[2, axis]
        total += normal * (point[axis] - place)
    return total / max(np.sqrt((nx * nx + ny * ny + nz * nz) * squared), 1e-300)


@compiled
@no_type_check
def _take_in(slot, distance, trial, slack, pair, squares, places):
    """Keeps the nearest triangle (row 0) and the second nearest (row 1), if that is as near within `slack`."""
    if slot == pair[0]:
        return
    if distance < squares[0]:
        if squares[0] - distance < slack:
            pair[1], squares[1], places[1] = pair[0], squares[0], places[0]
        else:
            pair[1], squares[1] = -1, np.inf
        pair[0], squares[0], places[0] = slot, distance, trial
    elif distance < min(squares[0] + slack, squares[1]):
        pair[1], squares[1], places[1] = slot, distance, trial


@compiled
@no_type_check
def _chosen(point, corners, slack, pair, squares, places):
    """0 for the nearest triangle, or 1 where the second nearest is as near and faces the point more, and neither touches it."""
    if pair[1] < 0 or squares[1] - squares[0] >= slack or squares[0] <= slack:
        return 0
    first = _facing(point, corners[pair[0]], places[0], squares[0])
    return 1 if _facing(point, corners[pair[1]], places[1], squares[1]) > first else 0


@compiled
@no_type_check
def nearest(points, corners, boxes, depth, seeds, slack, slots, weights):
    """Fills `slots` (n) and `weights` (n, 3) with the triangle, in tree order, and the place on it that is nearest to each point.

    A seed is a slot that is likely near: it bounds the search from the start and changes no result; -1 is none. Of two triangles whose
    squared distances differ by less than `slack`, the one that faces the point counts.
    """
    count, inner = len(corners), (1 << depth) - 1
    nodes, bounds, trial = np.empty(depth + 2, np.int64), np.empty(depth + 2), np.empty(3)
    pair, squares, places = np.empty(2, np.int64), np.empty(2), np.empty((2, 3))
    for n in range(len(points)):
        point = points[n]
        pair[:], squares[:] = -1, np.inf
        if seeds[n] >= 0:
            pair[0], squares[0] = seeds[n], _triangle_distance(point, corners[seeds[n]], places[0])
        nodes[0], bounds[0], height = 0, 0.0, 1
        while height > 0:
            height -= 1
            node = nodes[height]
            if bounds[height] >= squares[0] + slack:
                continue
            while node < inner:
                node = 2 * node + 1
                left = _box_distance(boxes[node], point[0], point[1], point[2])
                right = _box_distance(boxes[node + 1], point[0], point[1], point[2])
                far = max(left, right)
                if far < squares[0] + slack:
                    nodes[height], bounds[height] = (node + 1 if left <= right else node), far
                    height += 1
                if min(left, right) >= squares[0] + slack:
                    node = -1
                    break
                node += 0 if left <= right else 1
            if node < 0:
                continue
            leaf = node - inner
            for slot in range(count * leaf >> depth, count * (leaf + 1) >> depth):
                _take_in(slot, _triangle_distance(point, corners[slot], trial), trial, slack, pair, squares, places)
        row = _chosen(point, corners, slack, pair, squares, places)
        slots[n], weights[n] = pair[row], places[row]
