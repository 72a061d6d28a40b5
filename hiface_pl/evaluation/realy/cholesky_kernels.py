"""Solving for an affine map a vertex, compiled: a multifrontal Cholesky factorisation (Duff and Reid, 1983) in blocks of 4 x 4.

The matrix is U^T U with U upper triangular. Every node of the dissection has a front: the rows of the vertices that it eliminates, its
panel, and the rows that this changes, its rest, which goes to the parent. The three right-hand sides are the last columns of every
front, so that the factorisation solves for them on its way; four columns are reserved for them. Everything is in the order of elimination.
"""

from typing import no_type_check

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})

SINGULAR = 1e-13
"""A pivot below this part of its diagonal is rounding noise. Our choice: far below those of regions that hang on four points."""


@compiled
@no_type_check
def solve_maps(tree, graph, terms, maps):
    """Fills `maps` (4 n, 3); False where the matrix is singular.

    `tree` are nodes (t, 3), first, rows, children of the dissection and where each node's panel starts (t + 1), `graph` the starts and
    neighbours of the vertices. `terms` are the stiffness of each of the four rows of a map, d (n, 4), their weights (n), the pulls b
    (n, 3) and the damping towards the map that moves nothing.
    """
    nodes, first, rows, children, panel_starts = tree
    widest = 0
    for node in range(len(nodes)):
        widest = max(widest, first[node + 1] - first[node])
    panels = np.zeros(panel_starts[-1])
    rest = np.empty(4 * widest * (4 * widest + 4))
    local = np.zeros(len(graph[0]), np.int64)
    stack, top = np.empty(4 * len(rest) + 4), 0
    waiting, height = np.empty(len(nodes), np.int64), 0
    for node in range(len(nodes)):
        _, cut, high = nodes[node]
        pivots, links = high - cut, rows[first[node] : first[node + 1]]
        local[cut:high] = np.arange(pivots)
        local[links] = pivots + np.arange(len(links))
        panel = panels[panel_starts[node] : panel_starts[node + 1]].reshape(4 * pivots, 4 * (pivots + len(links)) + 4)
        below = rest[: 4 * len(links) * (4 * len(links) + 4)].reshape(4 * len(links), 4 * len(links) + 4)
        below[:] = 0
        diagonal = _assemble(panel, cut, local, graph, terms)
        for _ in range(children[node]):
            height -= 1
            other = rows[first[waiting[height]] : first[waiting[height] + 1]]
            size = 4 * len(other) * (4 * len(other) + 4)
            top -= size
            _extend(stack[top : top + size].reshape(4 * len(other), 4 * len(other) + 4), local[other], panel, below)
        if not _eliminate(panel, below, diagonal):
            return False
        waiting[height] = node
        height += 1
        if top + below.size > len(stack):
            stack = np.concatenate((stack, np.empty(len(stack) + below.size)))
        stack[top : top + below.size] = below.reshape(below.size)
        top += below.size
    _substitute(tree, panels, maps)
    return True


@compiled
@no_type_check
def _assemble(panel, cut, local, graph, terms):
    """Writes the matrix's own entries and the right-hand sides into a panel of zeros; returns the diagonal (4 pivots)."""
    starts, neighbours = graph
    stiffness, places, weights, pulls, damping = terms
    side = panel.shape[1] - 4
    diagonal = np.empty(len(panel))
    for pivot in range(len(panel) // 4):
        vertex = cut + pivot
        for i in range(4):
            row = panel[4 * pivot + i]
            for j in range(i, 4):
                row[4 * pivot + j] = weights[vertex] * places[vertex, i] * places[vertex, j]
            row[4 * pivot + i] += stiffness[i] * (starts[vertex + 1] - starts[vertex]) + damping
            diagonal[4 * pivot + i] = row[4 * pivot + i]
            for axis in range(3):
                row[side + axis] = places[vertex, i] * pulls[vertex, axis] + (damping if i == axis else 0.0)
            for link in range(starts[vertex], starts[vertex + 1]):
                if neighbours[link] > vertex:
                    row[4 * local[neighbours[link]] + i] = -stiffness[i]
    return diagonal


@compiled
@no_type_check
def _extend(child, places, panel, below):
    """Adds what a child left to its parent's front; `places` are the blocks of the front that the child's blocks belong to."""
    pivots = len(panel) // 4
    for block in range(len(places)):
        inner = places[block] < pivots
        for i in range(4):
            source = child[4 * block + i]
            target = panel[4 * places[block] + i] if inner else below[4 * (places[block] - pivots) + i]
            shift = 0 if inner else 4 * pivots
            for other in range(block, len(places)):
                column = 4 * places[other] - shift
                for j in range(4):
                    target[column + j] += source[4 * other + j]
            for j in range(4):
                target[len(target) - 4 + j] += source[len(source) - 4 + j]


@compiled
@no_type_check
def _eliminate(panel, below, diagonal):
    """Turns a panel into rows of U and takes their products from the rest; False at a pivot that is noise."""
    count = len(panel)
    for row in range(count):
        target = panel[row, row:]
        whole = row - row % 4
        for k in range(0, whole, 4):
            _subtract(target, panel[k, row:], panel[k + 1, row:], panel[k + 2, row:], panel[k + 3, row:])
        for k in range(whole, row):
            source = panel[k, row:]
            factor = source[0]
            for c in range(len(target)):
                target[c] -= factor * source[c]
        if not target[0] > SINGULAR * diagonal[row]:
            return False
        scale = 1 / np.sqrt(target[0])
        for c in range(len(target)):
            target[c] *= scale
    for row in range(len(below)):
        target, start = below[row, row:], count + row
        for k in range(0, count, 4):
            _subtract(target, panel[k, start:], panel[k + 1, start:], panel[k + 2, start:], panel[k + 3, start:])
    return True


@compiled
@no_type_check
def _subtract(target, first, second, third, fourth):
    """Takes four rows, each times its own first number, from another row: the whole cost of the factorisation."""
    a, b, c, d = first[0], second[0], third[0], fourth[0]
    for n in range(len(target)):
        target[n] -= a * first[n] + b * second[n] + c * third[n] + d * fourth[n]


@compiled
@no_type_check
def _substitute(tree, panels, maps):
    """Solves U X = Y from the last node to the first; Y are the last columns of the panels."""
    nodes, first, rows, _, panel_starts = tree
    for node in range(len(nodes) - 1, -1, -1):
        _, cut, high = nodes[node]
        pivots, links = high - cut, rows[first[node] : first[node + 1]]
        wide = 4 * (pivots + len(links))
        panel = panels[panel_starts[node] : panel_starts[node + 1]].reshape(4 * pivots, wide + 4)
        x, y, z = np.empty(wide), np.empty(wide), np.empty(wide)
        for number, vertex in enumerate(links):
            for i in range(4):
                column = 4 * (pivots + number) + i
                x[column], y[column], z[column] = maps[4 * vertex + i, 0], maps[4 * vertex + i, 1], maps[4 * vertex + i, 2]
        for row in range(4 * pivots - 1, -1, -1):
            values, sum_x, sum_y, sum_z = panel[row], 0.0, 0.0, 0.0
            for c in range(row + 1, wide):
                sum_x += values[c] * x[c]
                sum_y += values[c] * y[c]
                sum_z += values[c] * z[c]
            x[row], y[row], z[row] = (
                (values[wide] - sum_x) / values[row],
                (values[wide + 1] - sum_y) / values[row],
                (values[wide + 2] - sum_z) / values[row],
            )
            target = maps[4 * cut + row]
            target[0], target[1], target[2] = x[row], y[row], z[row]
