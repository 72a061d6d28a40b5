"""Nested dissection of a mesh, compiled: an order of elimination in which a Cholesky factor stays sparse (George, 1973).

A set of vertices is cut in two at the median along a direction; the vertices of one half that touch the other separate them and are
eliminated last; both halves are cut again until `leaf` vertices are left. The order is that of the halves, one after the other, then
their separator, so that every part is a range of the order. A node of the tree eliminates the vertices order[cut:high] of its part
order[low:high]. Nodes are listed children first. Graphs are `starts` and `neighbours`: those of vertex i are
neighbours[starts[i]:starts[i + 1]].
"""

from typing import no_type_check

import numba
import numpy as np

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@compiled
@no_type_check
def dissect(places, directions, starts, neighbours, leaf):
    """The order (n) and the nodes (t, 3) as low, cut, high of a mesh with vertices at `places` (n, 3), cut along one of `directions`."""
    count = len(places)
    order, side, keys = np.arange(count), np.zeros(count, np.int8), np.empty(count)
    nodes, found = np.empty((2 * count + 1, 3), np.int64), 0
    open_parts, height = np.empty((count + 1, 2), np.int64), 1
    open_parts[0, 0], open_parts[0, 1] = 0, count
    while height > 0:
        height -= 1
        low, high = open_parts[height]
        cut, middle = low, low
        if high - low > leaf:
            best, fewest = 0, count + 1
            for trial in range(len(directions)):
                _split(places, directions[trial], order, low, high, keys, side)
                fewer = _thinner(order, low, high, starts, neighbours, side)[1]
                for slot in range(low, high):
                    side[order[slot]] = 0
                if fewer < fewest:
                    best, fewest = trial, fewer
            _split(places, directions[best], order, low, high, keys, side)
            cut = high - _separate(order, low, high, starts, neighbours, side)
            middle = _sort_sides(order, low, high, side)
        nodes[found, 0], nodes[found, 1], nodes[found, 2] = low, cut, high
        found += 1
        for first, last in ((low, middle), (middle, cut)):
            if last > first:
                open_parts[height, 0], open_parts[height, 1] = first, last
                height += 1
    nodes = nodes[:found]
    return order, nodes[np.argsort(nodes[:, 2] * (count + 1) - nodes[:, 0])]


@compiled
@no_type_check
def shortened(nodes, most):
    """The nodes with those that eliminate more than `most` vertices cut into chains."""
    total = 0
    for _, cut, high in nodes:
        total += max(1, -(-(high - cut) // most))
    chains, place = np.empty((total, 3), np.int64), 0
    for low, cut, high in nodes:
        for start in range(cut, max(high, cut + 1), most):
            chains[place, 0], chains[place, 1], chains[place, 2] = low, start, min(start + most, high)
            place += 1
    return chains


@compiled
@no_type_check
def _split(places, direction, order, low, high, keys, side):
    """Marks the half of order[low:high] that lies before the median along a direction with 1, the other with 2."""
    for slot in range(low, high):
        vertex = order[slot]
        keys[slot] = direction[0] * places[vertex, 0] + direction[1] * places[vertex, 1] + direction[2] * places[vertex, 2]
    middle = np.partition(keys[low:high], (high - low) // 2)[(high - low) // 2]
    for slot in range(low, high):
        side[order[slot]] = 1 if keys[slot] < middle else 2


@compiled
@no_type_check
def _touches(vertex, starts, neighbours, side):
    """Whether a vertex has a neighbour in the other half."""
    for link in range(starts[vertex], starts[vertex + 1]):  # noqa: SIM110 - compiled
        if side[neighbours[link]] + side[vertex] == 3:
            return True
    return False


@compiled
@no_type_check
def _thinner(order, low, high, starts, neighbours, side):
    """The half of which fewer vertices touch the other one, and how many."""
    counts = np.zeros(3, np.int64)
    for slot in range(low, high):
        if _touches(order[slot], starts, neighbours, side):
            counts[side[order[slot]]] += 1
    thin = 1 if counts[1] < counts[2] else 2
    return thin, counts[thin]


@compiled
@no_type_check
def _separate(order, low, high, starts, neighbours, side):
    """Marks the vertices of the thinner half that touch the other one with 3; returns how many."""
    thin, count = _thinner(order, low, high, starts, neighbours, side)
    for slot in range(low, high):
        if side[order[slot]] == thin and _touches(order[slot], starts, neighbours, side):
            order[slot] = -order[slot] - 1
    for slot in range(low, high):
        if order[slot] < 0:
            order[slot] = -order[slot] - 1
            side[order[slot]] = 3
    return count


@compiled
@no_type_check
def _sort_sides(order, low, high, side):
    """Puts order[low:high] in order of the sides and forgets these; returns where the second begins."""
    part, place, middle = order[low:high].copy(), low, low
    for number in range(1, 4):
        for vertex in part:
            if side[vertex] == number:
                order[place] = vertex
                place += 1
        if number == 1:
            middle = place
    for vertex in part:
        side[vertex] = 0
    return middle


@compiled
@no_type_check
def reordered(order, starts, neighbours):
    """The graph whose vertex i is the old vertex order[i]."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    new_starts, new_neighbours, place = np.zeros_like(starts), np.empty_like(neighbours), 0
    for slot, vertex in enumerate(order):
        for link in range(starts[vertex], starts[vertex + 1]):
            new_neighbours[place] = rank[neighbours[link]]
            place += 1
        new_starts[slot + 1] = place
    return new_starts, new_neighbours


@compiled
@no_type_check
def fronts(nodes, starts, neighbours):
    """The later vertices that each node's elimination changes, ascending: `rows`[`first`[t]:`first`[t + 1]]; and each node's children.

    `starts` and `neighbours` are the reordered graph. They are the neighbours of the node's vertices and what its children change,
    without what it eliminates itself.
    """
    count, vertices = len(nodes), len(starts) - 1
    first, children = np.zeros(count + 1, np.int64), np.zeros(count, np.int64)
    rows, seen = np.empty(64 * vertices + 64, np.int64), np.full(vertices, -1)
    waiting, height = np.empty(count, np.int64), 0
    for node in range(count):
        low, cut, high = nodes[node]
        place = first[node]
        if place + vertices > len(rows):
            rows = np.concatenate((rows, np.empty(len(rows) + vertices, np.int64)))
        for vertex in range(cut, high):
            for link in range(starts[vertex], starts[vertex + 1]):
                place = _add(neighbours[link], node, high, seen, rows, place)
        while height > 0 and nodes[waiting[height - 1], 0] >= low:
            height -= 1
            children[node] += 1
            for link in range(first[waiting[height]], first[waiting[height] + 1]):
                place = _add(rows[link], node, high, seen, rows, place)
        waiting[height] = node
        height += 1
        rows[first[node] : place].sort()
        first[node + 1] = place
    return first, rows[: first[count]].copy(), children


@compiled
@no_type_check
def _add(vertex, node, high, seen, rows, place):
    if vertex >= high and seen[vertex] != node:
        seen[vertex] = node
        rows[place] = vertex
        return place + 1
    return place
