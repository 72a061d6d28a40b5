"""Predictions and scans for benchmarks/realy.py, made from a face model: no licensed data, nothing stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree
from scipy.spatial.transform import Rotation

from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.face_models.face_model import FaceModel, Part
from hiface_pl.face_models.ict_face import IctFace
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.subdivision import Subdivision
from hiface_pl.meshes.triangle_mesh import TriangleMesh

MILLIMETRES = 8.95
UNITS = (1.0, 0.001, 0.1, 3.7)
SPACING = {Region.NOSE: 0.8, Region.MOUTH: 1.0, Region.FOREHEAD: 1.3, Region.CHEEK: 1.6}
"""Of the scan's vertices in mm: regions of about 2 to 4 thousand."""
KEYPOINTS = {
    Region.NOSE: (*range(27, 36), 70, 71),
    Region.MOUTH: range(48, 68),
    Region.FOREHEAD: (*range(17, 27), *range(36, 48)),
    Region.CHEEK: (*range(17), *range(68, 70), *range(72, 85)),
}
"""A region is where these keypoints are the nearest ones, at most `REACH` mm away."""
REACH = 24.0


@dataclass(frozen=True)
class Case:
    """One prediction beside one scan."""

    name: str
    vertices: np.ndarray
    template: Template
    scan: Scan


def loaded_models(test_data: str | None) -> dict[str, FaceModel]:
    """The shipped model, and ICT-FaceKit's face where development data has it."""
    return {"open": OpenFace().load()} | ({"ict": IctFace(Path(test_data) / "assets" / "ict_face.npz").load()} if test_data else {})


def cases(models: Mapping[str, FaceModel], scans: int, seed: int) -> Iterator[Case]:
    """For each of `scans` scans, two predictions of each model and level (coarse, subdivided with detail), and six odd ones."""
    rng = np.random.default_rng(seed)
    for number in range(scans):
        source, model = list(models.items())[number % len(models)]
        truth = _weights(model, rng)
        scan = _scan(model, truth, number + 1, rng)
        for name, other in models.items():
            near = truth if other is model else _weights(other, rng)
            for level in (0, 1):
                template = model_template(other, f"{name}-{level}", level)
                for kind, predicted in _predictions(other, near, rng).items():
                    places = _surface(other, predicted, level)
                    yield Case(f"{source} scan {number + 1}, {name} level {level}, {kind}", _posed(places, rng), template, scan)
        yield from _odd_cases(source, model, truth, scan, rng)


def _predictions(
    model: FaceModel, truth: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    identity, expression = truth
    return {"close": (0.8 * identity + rng.normal(0, 0.3, len(identity)), expression), "other face": _weights(model, rng, 0.3)}


def _odd_cases(name: str, model: FaceModel, truth: tuple[np.ndarray, np.ndarray], scan: Scan, rng: np.random.Generator) -> Iterator[Case]:
    template = model_template(model, f"{name}-0")
    places = _surface(model, truth, 0)
    yield Case(
        "seam vertices twice", _posed(places, rng), template, replace(scan, regions={r: _torn(m, rng) for r, m in scan.regions.items()})
    )
    yield Case("mirrored", _posed(places * [-1, 1, 1], rng), template, scan)
    yield Case("extreme expression", _posed(_surface(model, (truth[0], np.full(len(truth[1]), 0.45)), 0), rng), template, scan)
    mask = places[:, 2] > np.quantile(places[:, 2], 0.5)
    yield Case("mask", _posed(places, rng), replace(template, name=f"{name}-masked", mask=mask), scan)
    yield Case("mean face", _posed(model.mean.astype(np.float64), rng), template, scan)
    yield Case("noise", _posed(places + rng.normal(0, 0.5, places.shape), rng), template, scan)


def _weights(model: FaceModel, rng: np.random.Generator, expressive: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(0, 0.8, len(model.identity_basis)), expressive * rng.random(len(model.expression_basis))


def _surface(model: FaceModel, weights: tuple[np.ndarray, np.ndarray], level: int) -> np.ndarray:
    identity, expression = (np.asarray(part, np.float32) for part in weights)
    coarse = model.mean + np.tensordot(identity, model.identity_basis, 1) + np.tensordot(expression, model.expression_basis, 1)
    fine = Subdivision.of(model, level).apply(coarse.astype(np.float32)).astype(np.float64)
    return fine + (0.15 * np.sin(fine * [1.1, 2.3, 1.7]).sum(axis=1, keepdims=True) if level else 0)


def _posed(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(UNITS) * (places @ Rotation.random(random_state=rng).as_matrix().T + rng.normal(0, 300, 3))


def _scan(model: FaceModel, truth: tuple[np.ndarray, np.ndarray], subject: int, rng: np.random.Generator) -> Scan:
    """The surface sampled anew, with wrinkles and noise, in the scan's own frame and unit."""
    template = model_template(model, "truth", 1)
    fine = _surface(model, truth, 1)
    keypoints = template.keypoints(fine)
    skin = template.triangles[np.repeat(model.part[Subdivision.of(model, 1).face] == Part.SKIN, 2)]
    turn, origin = Rotation.from_rotvec(rng.normal(0, 0.1, 3)).as_matrix(), rng.normal(0, 20, 3)
    regions = {}
    for region in Region:
        mesh = _region(fine, skin, keypoints, region, rng)
        regions[region] = replace(
            mesh, vertices=((mesh.vertices + rng.normal(0, 0.05, mesh.vertices.shape)) @ turn.T + origin) / MILLIMETRES
        )
    return Scan(subject, (keypoints @ turn.T + origin) / MILLIMETRES, regions, MILLIMETRES)


def _region(vertices: np.ndarray, triangles: np.ndarray, keypoints: np.ndarray, region: Region, rng: np.random.Generator) -> TriangleMesh:
    """Random points of the surface that belong to a region, at least `SPACING` apart, joined anew."""
    spacing, tree = SPACING[region], cKDTree(keypoints)
    corners = vertices[triangles]
    corners = corners[tree.query(corners.mean(axis=1))[0] < REACH + 5]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    chosen = rng.choice(len(corners), int(4 * area.sum() / spacing**2), p=area / area.sum())
    points = np.einsum("nk,nkc->nc", rng.dirichlet(np.ones(3), len(chosen)), corners[chosen])
    distance, nearest = tree.query(points)
    inside = _apart(_seen(points[np.isin(nearest, list(KEYPOINTS[region])) & (distance < REACH)]), spacing)
    joined = Delaunay(_unrolled(inside)[0]).simplices
    longest = np.linalg.norm(inside[joined] - inside[np.roll(joined, 1, axis=1)], axis=2).max(axis=1)
    joined = _largest_piece(joined[longest < 4 * spacing], len(inside))
    used, numbers = np.unique(joined, return_inverse=True)
    return TriangleMesh(inside[used], numbers.reshape(-1, 3).astype(np.int32))


def _seen(points: np.ndarray) -> np.ndarray:
    """Without those that others hide from outside, such as the inner side of the lips."""
    flat, out = _unrolled(points)
    pairs = cKDTree(flat).query_pairs(1.5, output_type="ndarray")
    outermost = out.copy()
    np.maximum.at(outermost, pairs[:, 0], out[pairs[:, 1]])
    np.maximum.at(outermost, pairs[:, 1], out[pairs[:, 0]])
    return points[out > outermost - 2.0]


def _apart(points: np.ndarray, spacing: float) -> np.ndarray:
    free = np.ones(len(points), bool)
    tree = cKDTree(points)
    for number in range(len(points)):
        if free[number]:
            free[tree.query_ball_point(points[number], spacing)] = False
            free[number] = True
    return points[free]


def _unrolled(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arc length and height on a cylinder of 80 mm, and the distance from its axis."""
    return np.stack([80 * np.arctan2(points[:, 0], points[:, 2] + 60), points[:, 1]], axis=1), np.hypot(points[:, 0], points[:, 2] + 60)


def _largest_piece(triangles: np.ndarray, count: int) -> np.ndarray:
    rows = np.concatenate([triangles[:, 0], triangles[:, 1]])
    columns = np.concatenate([triangles[:, 1], triangles[:, 2]])
    piece = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(count, count)), directed=False)[1]
    return triangles[piece[triangles[:, 0]] == np.bincount(piece[triangles[:, 0]]).argmax()]


def _torn(mesh: TriangleMesh, rng: np.random.Generator) -> TriangleMesh:
    """The same region with the vertices of some triangles repeated, in another order of vertices, and one that no triangle uses."""
    own = rng.random(len(mesh.triangles)) < 0.1
    triangles = mesh.triangles.copy()
    copies = triangles[own].ravel()
    triangles[own] = len(mesh.vertices) + np.arange(len(copies)).reshape(-1, 3)
    vertices = np.concatenate([mesh.vertices, mesh.vertices[copies], mesh.vertices[:1] + 1])
    order = rng.permutation(len(vertices))
    return TriangleMesh(vertices[order], np.argsort(order)[triangles].astype(np.int32))
