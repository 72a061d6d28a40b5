"""Solving for an affine map a vertex, compiled: a multifrontal Cholesky factorisation (Duff and Reid, 1983) in blocks of 4 x 4.

The matrix is U^T U with U upper triangular. Every node of the dissection has a front: the rows of the vertices that it eliminates, and
the rows that this changes, its rest, which is handed to the parent with the opposite sign. A front's own part is stored as the inverse V
of its triangle and its other columns V^T F, so that nearly all work is products of dense matrices. The three right-hand sides are the
last columns of every front (four are reserved), so that the factorisation solves for them on its way. Everything is in the order of
elimination.
"""

from typing import no_type_check

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})

SINGULAR = 1e-13
"""A pivot below this part of its diagonal is rounding noise. Our choice: far below those of regions that hang on four points."""


@compiled
@no_type_check
def solve_maps(tree, graph, terms, memory, maps):
    """Fills `maps` (4 n, 3); False where the matrix is singular.

    `tree` are nodes (t, 3), first, rows and children of the dissection, `graph` the starts and neighbours of the vertices. `terms` are
    the stiffness of each of the four rows of a map, d (n, 4), their weights (n), the pulls b (n, 3) and the damping towards the map that
    moves nothing. `memory` is what `reserved` returned: its contents do not matter, but new memory for each solve costs a quarter more.
    """
    nodes, first, rows, children = tree
    level, starts, factor, stacks = memory
    local, tops = np.zeros(len(graph[0]), np.int64), np.zeros(2, np.int64)
    waiting, height = np.empty(len(nodes), np.int64), 0
    for node in range(len(nodes)):
        _, cut, high = nodes[node]
        pivots, links = high - cut, rows[first[node] : first[node + 1]]
        side, wide = 4 * pivots, 4 * len(links) + 4
        local[cut:high] = np.arange(pivots)
        local[links] = pivots + np.arange(len(links))
        inverse, columns = _parts(factor, starts[node], side, wide)
        triangle, others = np.zeros((side, side)), np.zeros((side, wide))
        diagonal = _assemble(triangle, others, cut, local, graph, terms)
        here, below = level[node] % 2, 1 - level[node] % 2
        room = stacks[here][tops[here] : tops[here] + wide * wide].reshape(wide, wide)
        top = tops[below]
        for number in range(children[node]):
            other = rows[first[waiting[height - 1 - number]] : first[waiting[height - 1 - number] + 1]]
            size = 4 * len(other) + 4
            top -= size * size
            _extend_own(stacks[below][top : top + size * size].reshape(size, size), local[other], triangle, others)
        if not _eliminate(triangle, diagonal, inverse):
            return False
        if pivots:
            np.dot(inverse.T, others, columns)
            np.dot(columns.T, columns, room)
        else:
            room[:] = 0
        top = tops[below]
        for _ in range(children[node]):
            height -= 1
            other = rows[first[waiting[height]] : first[waiting[height] + 1]]
            size = 4 * len(other) + 4
            top -= size * size
            _extend_rest(stacks[below][top : top + size * size].reshape(size, size), local[other], pivots, room)
        tops[below] = top
        tops[here] += wide * wide
        waiting[height] = node
        height += 1
    _substitute(tree, starts, factor, maps)
    return True


@compiled
@no_type_check
def reserved(nodes, first, children):
    """How deep each node lies, where its part of the factor starts, room for the factor, and for the rests of even and of odd depth.

    The last two are kept apart, so that a node's rest never overwrites those of its children.
    """
    level, rooms, used = np.zeros(len(nodes), np.int64), np.zeros(2, np.int64), np.zeros(2, np.int64)
    parents, height = np.empty(len(nodes), np.int64), 0
    for node in range(len(nodes) - 1, -1, -1):
        while height > 0 and nodes[parents[height - 1], 0] >= nodes[node, 2]:
            height -= 1
        level[node] = height
        parents[height] = node
        height += 1
    waiting, height = np.empty(len(nodes), np.int64), 0
    for node in range(len(nodes)):
        side = level[node] % 2
        used[side] += (4 * (first[node + 1] - first[node]) + 4) ** 2
        rooms[side] = max(rooms[side], used[side])
        for _ in range(children[node]):
            height -= 1
            used[1 - side] -= (4 * (first[waiting[height] + 1] - first[waiting[height]]) + 4) ** 2
        waiting[height] = node
        height += 1
    pivots, links = 4 * (nodes[:, 2] - nodes[:, 1]), 4 * (first[1:] - first[:-1])
    starts = np.zeros(len(nodes) + 1, np.int64)
    starts[1:] = np.cumsum(pivots * (pivots + links + 4))
    return level, starts, np.empty(starts[-1]), (np.empty(rooms[0]), np.empty(rooms[1]))


@compiled
@no_type_check
def _parts(factor, start, side, wide):
    """The inverse of a front's triangle and its other columns."""
    middle = start + side * side
    return factor[start:middle].reshape(side, side), factor[middle : middle + side * wide].reshape(side, wide)


@compiled
@no_type_check
def _assemble(triangle, others, cut, local, graph, terms):
    """Adds the matrix's own entries and the right-hand sides to a front of zeros; returns the diagonal."""
    starts, neighbours = graph
    stiffness, places, weights, pulls, damping = terms
    side, wide = others.shape
    diagonal = np.empty(side)
    for pivot in range(side // 4):
        vertex = cut + pivot
        for i in range(4):
            row, other = triangle[4 * pivot + i], others[4 * pivot + i]
            for j in range(i, 4):
                row[4 * pivot + j] = weights[vertex] * places[vertex, i] * places[vertex, j]
            row[4 * pivot + i] += stiffness[i] * (starts[vertex + 1] - starts[vertex]) + damping
            diagonal[4 * pivot + i] = row[4 * pivot + i]
            for axis in range(3):
                other[wide - 4 + axis] = places[vertex, i] * pulls[vertex, axis] + (damping if i == axis else 0.0)
            for link in range(starts[vertex], starts[vertex + 1]):
                if neighbours[link] > vertex:
                    column = 4 * local[neighbours[link]] + i
                    if column < side:
                        row[column] = -stiffness[i]
                    else:
                        other[column - side] = -stiffness[i]
    return diagonal


@compiled
@no_type_check
def _extend_own(child, places, triangle, others):
    """Takes from a front's own rows what a child left there; `places` are the blocks of the front that the child's blocks belong to."""
    side = len(triangle)
    for block in range(len(places)):
        if 4 * places[block] >= side:
            return
        for i in range(4):
            source, row, other = child[4 * block + i], triangle[4 * places[block] + i], others[4 * places[block] + i]
            for link in range(block, len(places)):
                column = 4 * places[link]
                if column < side:
                    for j in range(4):
                        row[column + j] -= source[4 * link + j]
                else:
                    for j in range(4):
                        other[column - side + j] -= source[4 * link + j]
            for j in range(4):
                other[len(other) - 4 + j] -= source[len(source) - 4 + j]


@compiled
@no_type_check
def _extend_rest(child, places, pivots, room):
    """Adds what a child left outside a front's own rows to what the front leaves; both have the opposite sign."""
    for block in range(len(places)):
        if places[block] >= pivots:
            for i in range(4):
                source, target = child[4 * block + i], room[4 * (places[block] - pivots) + i]
                for link in range(block, len(places)):
                    column = 4 * (places[link] - pivots)
                    for j in range(4):
                        target[column + j] += source[4 * link + j]
                for j in range(4):
                    target[len(target) - 4 + j] += source[len(source) - 4 + j]


@compiled
@no_type_check
def _eliminate(triangle, diagonal, inverse):
    """Cholesky factor of a front's own block in place, and its inverse; False at a pivot that is noise."""
    side = len(triangle)
    for k in range(side):
        source = triangle[k, k:]
        if not source[0] > SINGULAR * diagonal[k]:
            return False
        scale = 1 / np.sqrt(source[0])
        for c in range(len(source)):
            source[c] *= scale
        for row in range(1, len(source)):
            target, factor = triangle[k + row, k + row :], source[row]
            for c in range(len(target)):
                target[c] -= factor * source[row + c]
    inverse[:] = 0
    for row in range(side - 1, -1, -1):
        target, values = inverse[row], triangle[row]
        for k in range(row + 1, side):
            source, factor = inverse[k], values[k]
            for c in range(k, side):
                target[c] -= factor * source[c]
        target[row] = 1.0
        for c in range(row, side):
            target[c] /= values[row]
    return True


@compiled
@no_type_check
def _substitute(tree, starts, factor, maps):
    """Solves U X = Y from the last node to the first; Y are the last columns of the fronts."""
    nodes, first, rows, _ = tree
    for node in range(len(nodes) - 1, -1, -1):
        _, cut, high = nodes[node]
        side, links = 4 * (high - cut), rows[first[node] : first[node + 1]]
        wide = 4 * len(links)
        inverse, columns = _parts(factor, starts[node], side, wide + 4)
        known, right = np.empty((3, wide)), np.empty((3, side))
        for number, vertex in enumerate(links):
            for i in range(4):
                for axis in range(3):
                    known[axis, 4 * number + i] = maps[4 * vertex + i, axis]
        for row in range(side):
            right[0, row], right[1, row], right[2, row] = _remaining(columns[row], known[0], known[1], known[2])
        for row in range(side):
            for axis in range(3):
                maps[4 * cut + row, axis] = np.dot(inverse[row], right[axis])


@compiled
@no_type_check
def _remaining(values, x, y, z):
    """A row's right-hand sides without what the known maps explain."""
    sum_x, sum_y, sum_z, wide = 0.0, 0.0, 0.0, len(x)
    for c in range(wide):
        sum_x += values[c] * x[c]
        sum_y += values[c] * y[c]
        sum_z += values[c] * z[c]
    return values[wide] - sum_x, values[wide + 1] - sum_y, values[wide + 2] - sum_z
