"""A bumpy face-like patch with 85 keypoints, as prediction and as scan regions of other tessellations."""

import numpy as np
from scipy.spatial import Delaunay

from hiface_pl.evaluation.realy.keypoint_hash import keypoint_hash
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh

CENTRES = {Region.NOSE: (0, 0), Region.MOUTH: (0, -4), Region.FOREHEAD: (0, 4), Region.CHEEK: (-3, -1)}
HALF = (2.6, 1.9)
PLACES = {
    Region.NOSE: (*range(27, 36), 70, 71),
    Region.MOUTH: range(48, 68),
    Region.FOREHEAD: (*range(17, 27), *range(36, 48)),
    Region.CHEEK: (*range(17), 68, 69, *range(72, 85)),
}


def height(places: np.ndarray) -> np.ndarray:
    """z of the surface over (n, 2) places: curved enough that keypoints are never in one plane. About 9 mm a unit."""
    x, y = places[:, 0], places[:, 1]
    return 3 - 0.05 * x**2 - 0.03 * y**2 + 0.5 * np.exp(-(x**2) - (y / 1.5) ** 2) + 0.15 * np.sin(1.3 * x + 0.4) * np.cos(1.1 * y)


def lifted(places: np.ndarray) -> np.ndarray:
    """(n, 3) points of the surface."""
    return np.column_stack([places, height(places)])


def grid(
    half: tuple[float, float], centre: tuple[float, float], step: float, seed: int | None = None, extra: np.ndarray | None = None
) -> TriangleMesh:
    """The surface over a rectangle: a regular grid, or with a seed, shaken; with the `extra` (n, 2) places inside it as vertices."""
    x, y = (np.arange(-side, side + step / 2, step) for side in half)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2) + centre
    if seed is not None:
        places = places + np.random.default_rng(seed).uniform(-0.3 * step, 0.3 * step, places.shape)
    if extra is not None:
        places = np.concatenate([places, extra[(np.abs(extra - centre) < half).all(axis=1)]])
    return TriangleMesh(lifted(places), Delaunay(places).simplices.astype(np.int32))


def keypoint_places() -> np.ndarray:
    """(85, 2): each region's keypoints scattered over it."""
    rng = np.random.default_rng(5)
    places = np.zeros((85, 2))
    for region, numbers in PLACES.items():
        places[list(numbers)] = CENTRES[region] + rng.uniform(-0.8, 0.8, (len(numbers), 2)) * HALF
    return places


def face_template(step: float = 0.5) -> tuple[Template, np.ndarray]:
    """A template that covers all regions, and its vertices."""
    mesh = grid((7.0, 8.0), (0, 0), step)
    places = keypoint_places()
    flat = Delaunay(mesh.vertices[:, :2])
    triangles = flat.simplices.astype(np.int32)
    rows = flat.find_simplex(places).astype(np.int32)
    inner = np.einsum("nij,nj->ni", flat.transform[rows, :2], places - flat.transform[rows, 2])
    weights = np.column_stack([inner, 1 - inner.sum(axis=1)])
    return Template("patch", len(mesh.vertices), triangles, rows, weights, keypoint_hash(rows, weights)), mesh.vertices


def face_scan(step: float = 0.4, seed: int | None = 0) -> Scan:
    """The same surface as four regions of another tessellation."""
    template, vertices = face_template()
    regions = {region: grid(HALF, centre, step, seed) for region, centre in CENTRES.items()}
    return Scan(1, template.keypoints(vertices), regions, 9.0)
