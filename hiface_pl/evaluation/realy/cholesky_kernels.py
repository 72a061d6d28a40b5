"""Solving for an affine map a vertex, compiled: a multifrontal Cholesky factorisation (Duff and Reid, 1983) in blocks of 4 x 4.

The matrix is U^T U with U upper triangular. Every node of the dissection has a front: the rows of the vertices that it eliminates, and
the rows that this changes, its rest, which is handed to the parent with the opposite sign. A front's own part is stored as the inverse V
of its triangle and its other columns V^T F, so that nearly all work is products of dense matrices. The three right-hand sides are the
last columns of every front (four are reserved), so that the factorisation solves for them on its way. Everything is in the order of
elimination.

Nodes without children are cheaper. Between the maps of s neighbours there is the same Laplacian L for all four rows of a map, and each
vertex adds one row d to the data. So with A = L kron (alpha G)^2 and the data as D^T C D, Woodbury's identity needs the inverse of A,
found once for all solves, and the factor of an s x s matrix M = 1 + C^1/2 D A^-1 D^T C^1/2, instead of one of 4 s x 4 s.
"""

from typing import no_type_check

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})

SINGULAR = 1e-13
"""A pivot below this part of its diagonal is rounding noise. Our choice: far below those of regions that hang on four points."""


@compiled
@no_type_check
def solve_maps(tree, graph, leaves, terms, memory, maps):
    """Fills `maps` (4 n, 3); False where the matrix is singular.

    `tree` are nodes (t, 3), first, rows and children of the dissection, `graph` the starts and neighbours of the vertices, `leaves` what
    `prepared_leaves` returned. `terms` are the stiffness of each of the four rows of a map, d (n, 4), their weights (n), the pulls b
    (n, 3) and the damping towards the map that moves nothing. `memory` is what `reserved` returned: its contents do not matter, but new
    memory for each solve takes time.
    """
    nodes, first, rows, children = tree
    level, starts, factor, stacks = memory
    local, tops = np.zeros(len(graph[0]), np.int64), np.zeros(2, np.int64)
    waiting, height = np.empty(len(nodes), np.int64), 0
    for node in range(len(nodes)):
        _, cut, high = nodes[node]
        pivots, links = high - cut, rows[first[node] : first[node + 1]]
        side, wide = 4 * pivots, 4 * len(links) + 4
        here, below = level[node] % 2, 1 - level[node] % 2
        room = stacks[here][tops[here] : tops[here] + wide * wide].reshape(wide, wide)
        if _is_simple(leaves, node, terms):
            _eliminate_leaf(leaves, node, cut, pivots, terms, factor[starts[node] : starts[node + 1]], room)
            tops[here] += wide * wide
            waiting[height] = node
            height += 1
            continue
        local[cut:high] = np.arange(pivots)
        local[links] = pivots + np.arange(len(links))
        inverse, columns = _parts(factor, starts[node], side, wide)
        triangle, others = np.zeros((side, side)), np.zeros((side, wide))
        diagonal = _assemble(triangle, others, cut, local, graph, terms)
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
    _substitute(tree, leaves, terms, starts, factor, maps)
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
def _substitute(tree, leaves, terms, starts, factor, maps):
    """Solves U X = Y from the last node to the first; Y are the last columns of the fronts."""
    nodes, first, rows, _ = tree
    for node in range(len(nodes) - 1, -1, -1):
        _, cut, high = nodes[node]
        if _is_simple(leaves, node, terms):
            _substitute_leaf(
                leaves, node, cut, high, rows[first[node] : first[node + 1]], terms, factor[starts[node] : starts[node + 1]], maps
            )
            continue
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


@compiled
@no_type_check
def prepared_leaves(nodes, first, rows, children, graph):
    """For each node without children the inverse of its Laplacian L (s, s), that times its links E (b, s), and E L^-1 E^T (b, b).

    Returns where a node's numbers start, -1 for nodes that have none, and the numbers. A piece of the mesh that lies in one node whole
    has no inverse.
    """
    starts, neighbours = graph
    places, total = np.full(len(nodes), -1), 0
    for node in range(len(nodes)):
        size, links = nodes[node, 2] - nodes[node, 1], first[node + 1] - first[node]
        if children[node] == 0 and size > 0:
            places[node] = total
            total += size * size + links * size + links * links
    numbers, local = np.zeros(total), np.zeros(len(starts), np.int64)
    for node in range(len(nodes)):
        if places[node] >= 0:
            _, cut, high = nodes[node]
            size, links = high - cut, rows[first[node] : first[node + 1]]
            local[cut:high], local[links] = np.arange(size), np.arange(len(links))
            inverse, carried, reached = _leaf(places, numbers, node, size, len(links))
            laplacian, edges, root = np.zeros((size, size)), np.zeros((len(links), size)), np.empty((size, size))
            for vertex in range(cut, high):
                laplacian[local[vertex], local[vertex]] = starts[vertex + 1] - starts[vertex]
                for link in range(starts[vertex], starts[vertex + 1]):
                    if neighbours[link] >= high:
                        edges[local[neighbours[link]], local[vertex]] = 1
                    else:
                        laplacian[local[vertex], local[neighbours[link]]] = -1
            if _eliminate(laplacian, 1e4 * np.ones(size), root):
                inverse[:] = np.dot(root, root.T)
                carried[:] = np.dot(edges, inverse)
                reached[:] = np.dot(carried, edges.T)
            else:
                places[node] = -1
    return places, numbers


@compiled
@no_type_check
def _leaf(places, numbers, node, size, links):
    """The three matrices of a leaf."""
    start = places[node]
    middle, late = start + size * size, start + size * size + links * size
    inverse, carried = numbers[start:middle].reshape(size, size), numbers[middle:late].reshape(links, size)
    return inverse, carried, numbers[late : late + links * links].reshape(links, links)


@compiled
@no_type_check
def _is_simple(leaves, node, terms):
    """Whether a node is eliminated as a leaf: damping is no part of the Laplacian."""
    return leaves[0][node] >= 0 and terms[4] == 0


@compiled
@no_type_check
def _eliminate_leaf(leaves, node, cut, size, terms, factor, room):  # noqa: C901 - plain loops
    """Writes what a leaf leaves into `room`, and what `_substitute_leaf` needs into `factor`: the inverse root of M, and p - W P p.

    P is D A^-1 D^T, W is C^1/2 M^-1 C^1/2 and p are the pulls.
    """
    stiffness, places, weights, pulls, _ = terms
    links = len(room) // 4 - 1
    inverse, carried, reached = _leaf(leaves[0], leaves[1], node, size, links)
    roots, products, matrix = np.sqrt(weights[cut : cut + size]), np.empty((size, size)), np.empty((size, size))
    for i in range(size):
        for j in range(size):
            shared = 0.0
            for k in range(4):
                shared += places[cut + i, k] * places[cut + j, k] / stiffness[k]
            products[i, j] = inverse[i, j] * shared
            matrix[i, j] = roots[i] * products[i, j] * roots[j] + (1.0 if i == j else 0.0)
    root, kept = factor[: size * size].reshape(size, size), factor[size * size : size * size + 3 * size].reshape(size, 3)
    _eliminate(matrix, np.ones(size), root)
    _without_data(root, roots, pulls[cut : cut + size], np.dot(products, pulls[cut : cut + size]), kept)
    data = np.zeros((size, 4 * links + 4))
    for i in range(size):
        for link in range(links):
            for k in range(4):
                data[i, 4 * link + k] = roots[i] * carried[link, i] * places[cut + i, k]
    columns = np.dot(root.T, data)
    np.dot((-columns).T, columns, room)
    for row in range(links):
        for column in range(row, links):
            for k in range(4):
                room[4 * row + k, 4 * column + k] += stiffness[k] * reached[row, column]
        for k in range(4):
            for axis in range(3):
                total = 0.0
                for i in range(size):
                    total += carried[row, i] * places[cut + i, k] * kept[i, axis]
                room[4 * row + k, 4 * links + axis] = -total


@compiled
@no_type_check
def _without_data(root, roots, pulls, explained, kept):
    """Fills `kept` (s, 3) with p - W times `explained`."""
    size = len(roots)
    scaled = np.empty((size, 3))
    for i in range(size):
        for axis in range(3):
            scaled[i, axis] = roots[i] * explained[i, axis]
    solved = np.dot(root, np.dot(root.T, scaled))
    for i in range(size):
        for axis in range(3):
            kept[i, axis] = pulls[i, axis] - roots[i] * solved[i, axis]


@compiled
@no_type_check
def _substitute_leaf(leaves, node, cut, high, links, terms, factor, maps):  # noqa: C901 - plain loops
    """The maps of a leaf's vertices from those of the vertices that it is linked to."""
    stiffness, places, weights, _, _ = terms
    size = high - cut
    inverse, carried, _ = _leaf(leaves[0], leaves[1], node, size, len(links))
    root, kept = factor[: size * size].reshape(size, size), factor[size * size : size * size + 3 * size].reshape(size, 3)
    known = np.empty((len(links), 12))
    for number, vertex in enumerate(links):
        for k in range(4):
            for axis in range(3):
                known[number, 3 * k + axis] = maps[4 * vertex + k, axis]
    smooth, moved, pull = np.dot(carried.T, known), np.zeros((size, 3)), np.empty((size, 3))
    for i in range(size):
        for k in range(4):
            for axis in range(3):
                moved[i, axis] += places[cut + i, k] * smooth[i, 3 * k + axis]
    _without_data(root, np.sqrt(weights[cut:high]), kept, moved, pull)
    forces = np.empty((size, 12))
    for i in range(size):
        for k in range(4):
            for axis in range(3):
                forces[i, 3 * k + axis] = places[cut + i, k] * pull[i, axis] / stiffness[k]
    answers = np.dot(inverse, forces)
    for i in range(size):
        for k in range(4):
            for axis in range(3):
                maps[4 * (cut + i) + k, axis] = smooth[i, 3 * k + axis] + answers[i, 3 * k + axis]
