"""What the region scans of one person are like, as they lie in the files."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from hiface_pl.data.open_scans.layout import keypoints_path, region_path
from hiface_pl.data.open_scans.scanner import LEVELS, NOISE, Scanner
from hiface_pl.details.displacement import Displacer
from hiface_pl.errors import FaceModelError
from hiface_pl.evaluation.realy.keypoint_sets import NONRIGID, RIGID
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.read_obj import read_obj
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from tests.data.open_scans.small import small_assets
from tests.tiny import tiny_model


@pytest.fixture(scope="module")
def regions(folder, truth):
    """The region meshes in the model frame, mm."""
    meshes = {region: read_obj(folder / region_path(2, region)) for region in Region}
    return {region: TriangleMesh(truth.frame.to_model(mesh.vertices), mesh.triangles) for region, mesh in meshes.items()}


@pytest.fixture(scope="module")
def keypoints(folder, truth):
    return truth.frame.to_model(read_obj(folder / keypoints_path(2)).vertices)


@pytest.fixture(scope="module")
def surface(truth):
    mesh = Displacer.of(small_assets().model, LEVELS).displace(truth.neutral, truth.as_map(truth.static))
    return SurfaceTree(TriangleMesh(mesh.vertices.astype(np.float64), mesh.topology.triangles))


def edges(mesh):
    ends = np.sort(np.stack([mesh.triangles, np.roll(mesh.triangles, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    return np.unique(ends, axis=0, return_counts=True)


@pytest.mark.parametrize("region", Region)
def test_a_region_is_one_disk_without_spare_vertices(regions, region):
    mesh = regions[region]
    pairs, count = edges(mesh)
    assert set(count) == {1, 2}
    assert len(mesh.vertices) - len(pairs) + len(mesh.triangles) == 1
    border = pairs[count == 1]
    assert len(np.unique(border)) == len(border)  # one simple loop: no two parts of it touch
    np.testing.assert_array_equal(np.unique(mesh.triangles), np.arange(len(mesh.vertices)))
    assert len(np.unique(mesh.vertices, axis=0)) == len(mesh.vertices)


@pytest.mark.parametrize("region", Region)
def test_a_region_has_the_density_of_a_scan(regions, region):
    mesh = regions[region]
    lengths = np.linalg.norm(np.subtract(*mesh.vertices[edges(mesh)[0].T]), axis=1)
    assert 1500 < len(mesh.vertices) < 6500
    assert 0.9 < np.median(lengths) < 1.8
    assert np.quantile(lengths, 0.99) < 3


def test_all_triangles_look_outwards_and_few_are_slivers(regions):
    for mesh in regions.values():
        a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
        normals = np.cross(b - a, c - a)
        areas = np.linalg.norm(normals, axis=1)
        assert (normals[:, 2] > 0).mean() > 0.9
        longest = np.max([np.linalg.norm(side, axis=1) for side in (b - a, c - b, a - c)], axis=0)
        assert (areas / longest**2 < 0.2).mean() < 0.01


def test_vertices_lie_on_the_true_surface_but_for_the_noise(regions, surface):
    for mesh in regions.values():
        distance = np.linalg.norm(surface.closest(mesh.vertices).places - mesh.vertices, axis=1)
        assert distance.max() < 6 * NOISE
        assert 0.5 * NOISE < np.sqrt((distance**2).mean()) < 1.05 * NOISE


def test_keypoints_lie_on_the_true_surface_and_are_points_of_their_region(regions, keypoints, surface):
    used = sorted({point for points in RIGID.values() for point in points})
    assert np.linalg.norm(surface.closest(keypoints[used]).places - keypoints[used], axis=1).max() < 1e-3
    for region, points in NONRIGID.items():
        if points:
            handles = keypoints[list(points)]
            near = cKDTree(regions[region].vertices).query(handles)[0]
            assert near.max() < 6 * NOISE, region


def test_regions_do_not_overlap(regions):
    vertices = np.concatenate([mesh.vertices for mesh in regions.values()])
    assert len(np.unique(vertices.round(6), axis=0)) == len(vertices)


def test_wrinkles_are_in_the_scan(regions, truth):
    """The scan is nearer to the detailed surface than to the smooth one."""
    smooth = Displacer.of(small_assets().model, LEVELS).displace(truth.neutral)
    tree = SurfaceTree(TriangleMesh(smooth.vertices.astype(np.float64), smooth.topology.triangles))
    points = regions[Region.FOREHEAD].vertices
    assert np.linalg.norm(tree.closest(points).places - points, axis=1).max() > 6 * NOISE


def test_models_that_cannot_be_scanned_are_refused():
    with pytest.raises(FaceModelError, match="no 85 keypoints"):
        Scanner(replace(tiny_model(), keypoints85=None))
    model = tiny_model()
    with pytest.raises(FaceModelError, match=r"the face model tiny leave no \w+ to scan"):
        Scanner(model).scan(np.random.default_rng(0), model.mean, np.zeros((32, 32), np.float32))
