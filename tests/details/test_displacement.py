from dataclasses import replace

import numpy as np
import pytest

from hiface_pl.details.displacement import Displacer, sample_map, surface_normals
from hiface_pl.details.normal_map import NormalMapper
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from tests.tiny import MAP


def flat(model: FaceModel) -> np.ndarray:
    return (model.mean * np.array([1, 1, 0])).astype(np.float32)


def ramp(slope: float) -> np.ndarray:
    """Height that grows by `slope` mm a mm along +u on the flat tiny mesh, whose 160 mm span 0.9 of the map."""
    u = (np.arange(MAP) + 0.5) / MAP
    return np.broadcast_to(slope * 160 / 0.9 * (u - 0.5), (MAP, MAP)).astype(np.float32)


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_a_flat_mesh_rises_by_the_map(tiny: FaceAssets, levels: int) -> None:
    mesh = Displacer.of(tiny.model, levels).displace(flat(tiny.model), ramp(0.1))
    assert len(mesh.topology.quads) == len(tiny.model.quads) * 4**levels
    inner = np.abs(mesh.vertices[:, 0]) < 60
    np.testing.assert_allclose(mesh.vertices[inner, 2], 0.1 * mesh.vertices[inner, 0], atol=1e-3)
    expected = np.broadcast_to(np.array([-0.1, 0, 1]) / np.hypot(0.1, 1), mesh.normals[inner].shape)
    np.testing.assert_allclose(mesh.normals[inner], expected, atol=1e-3)


def test_without_a_map_or_with_zeros_the_smooth_mesh_stays(tiny: FaceAssets) -> None:
    displacer = Displacer.of(tiny.model)
    zero = displacer.displace(tiny.model.mean, np.zeros((MAP, MAP), np.float32))
    np.testing.assert_array_equal(zero.vertices, displacer.displace(tiny.model.mean).vertices)


def test_a_seam_does_not_tear_and_other_parts_stay(tiny: FaceAssets) -> None:
    model = tiny.model
    seam = np.concatenate([model.uv, model.uv + np.float32([0.2, 0])])
    uv_quads = model.uv_quads.copy()
    uv_quads[len(uv_quads) // 2 :] += len(model.uv)
    part = model.part.copy()
    part[-16:] = 1
    cut = replace(model, uv=seam, uv_quads=uv_quads, part=part)
    mesh = Displacer.of(cut, 0).displace(flat(model), ramp(0.1))
    row = model.mean[:, 1]
    middle = np.abs(row) < 1
    shared = 0.1 * (model.mean[middle, 0] + 0.5 * 0.2 * 160 / 0.9)  # half of the two coordinates' heights
    inner = np.abs(model.mean[middle, 0]) < 40
    np.testing.assert_allclose(mesh.vertices[middle, 2][inner], shared[inner], atol=0.02)
    np.testing.assert_array_equal(mesh.vertices[row > row.max() - 1, 2], 0)


def test_sampling_follows_the_texel_centres(tiny: FaceAssets) -> None:
    values = np.arange(MAP * MAP, dtype=np.float32).reshape(MAP, MAP)
    uv = np.array([[(3 + 0.5) / MAP, 1 - (5 + 0.5) / MAP], [(3 + 1.0) / MAP, 1 - (5 + 0.5) / MAP], [0, 1]], dtype=np.float32)
    np.testing.assert_allclose(sample_map(values, uv), [5 * MAP + 3, 5 * MAP + 3.5, 0], atol=1e-3)


def test_normals_of_a_plane_and_of_a_lonely_vertex() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 0, -1], [0, 0, -1], [5, 5, 5]], dtype=np.float32)
    normals = surface_normals(vertices, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32))
    np.testing.assert_allclose(normals, [[0, 1, 0]] * 4 + [[0, 0, 1]], atol=1e-6)


def decoded(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float64) / 255 * 2 - 1


def test_the_normal_map_of_no_detail_is_flat(tiny: FaceAssets) -> None:
    picture = NormalMapper(tiny.atlas, tiny.model)(tiny.model.mean, np.zeros((MAP, MAP), np.float32))
    assert (picture.reshape(-1, 3) == np.array([128, 128, 255])).all()


@pytest.mark.parametrize(("rows", "axis"), [(False, 0), (True, 1)])
def test_a_slope_leans_the_normal_against_its_direction(tiny: FaceAssets, rows: bool, axis: int) -> None:
    height = ramp(0.2) if not rows else np.ascontiguousarray(ramp(0.2 * 190 / 160).T[::-1])
    normal = decoded(NormalMapper(tiny.atlas, tiny.model)(flat(tiny.model), height))[8:-8, 8:-8]
    expected = np.zeros(3)
    expected[[axis, 2]] = np.array([-0.2, 1]) / np.hypot(0.2, 1)
    np.testing.assert_allclose(normal, np.broadcast_to(expected, normal.shape), atol=0.012)
