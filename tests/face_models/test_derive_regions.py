import numpy as np
import pytest

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.chart import FaceChart, smooth_step
from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.regions import face_regions, skin_normals
from hiface_pl.face_models.uv_atlas import rasterise_skin, to_texels
from tests.tiny import MAP, tiny_assets, tiny_model


@pytest.fixture(scope="module")
def model():
    return OpenFace(subdivisions=0).load()


def test_atlas_of_a_regular_grid_matches_the_closed_form():
    made, known = rasterise_skin(tiny_model(), MAP), tiny_assets().atlas
    inside = known.covered & made.covered
    assert (known.covered != made.covered).sum() <= 2 * MAP  # the border may go either way
    same = (made.triangle == known.triangle) & inside
    assert same.sum() > 0.95 * inside.sum()  # texels on an edge may go to either triangle
    np.testing.assert_allclose(made.weights[same], known.weights[same], atol=1e-4)


def test_vertex_values_reach_texels_exactly():
    model = tiny_model()
    atlas = rasterise_skin(model, MAP)
    texels = to_texels(atlas, model.triangles, model.uv)
    centre = (np.arange(MAP) + 0.5) / MAP
    u, v = np.meshgrid(centre, centre[::-1])
    np.testing.assert_allclose(texels[atlas.covered], np.stack([u, v], axis=-1)[atlas.covered], atol=1e-5)
    outside = ~atlas.covered
    np.testing.assert_array_equal(texels[outside], texels.reshape(-1, 2)[atlas.nearest[outside]])


def test_model_without_skin_in_uv_is_refused():
    model = tiny_model()
    bad = type(model)(**{**model.__dict__, "uv": model.uv + 5})
    with pytest.raises(FaceModelError, match="no skin in its UV square"):
        rasterise_skin(bad, MAP)


def test_chart_is_symmetric_and_in_order(model):
    chart = FaceChart.of(model)
    assert chart.hairline_y > chart.brow_y > chart.eye_y > chart.nose_base_y > chart.mouth_y > chart.chin_y
    left, right = chart.unroll(np.array([[30.0, 5.0, 60.0], [-30.0, 5.0, 60.0]]))
    assert left[0] == pytest.approx(-right[0])
    assert left[1] == right[1] == 5.0


def test_regions_lie_where_they_belong(model):
    regions = face_regions(model, FaceChart.of(model))
    points = model.keypoints68
    tip, brow, lip = points.vertices[30], points.vertices[19], points.vertices[51]
    assert regions.nose[tip].max() > 0.9
    assert regions.mouth[lip].max() > 0.9
    assert regions.face[brow].min() > 0.5
    other = np.setdiff1d(np.arange(len(model.mean)), model.skin_vertices)
    for mask in vars(regions).values():
        assert 0 <= mask.min() <= mask.max() <= 1
        assert mask[other].max(initial=0) == 0
    ears = np.abs(model.mean[:, 0]) > np.abs(points.on(model.mean)[[0, 16], 0]).max() + 8
    assert regions.face[ears].max() < 0.05


def test_normals_of_the_skin_are_unit_and_face_outwards(model):
    normals = skin_normals(model)
    skin = model.skin_vertices
    np.testing.assert_allclose(np.linalg.norm(normals[skin], axis=1), 1, atol=1e-4)
    tip = model.keypoints68.vertices[30, 0]
    assert normals[tip, 2] > 0.7
    assert (model.part == Part.SKIN).any()


def test_smooth_step():
    np.testing.assert_allclose(smooth_step(np.array([-1.0, 0.0, 1.0, 2.0, 5.0]), 0, 2), [0, 0, 0.5, 1, 1])
