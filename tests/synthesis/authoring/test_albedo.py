import numpy as np
import pytest

from hiface_pl.synthesis.authoring.albedo_basis import albedo_basis, project_albedo
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoAuthor, AlbedoLayers, Layer
from hiface_pl.synthesis.authoring.complexion import Complexion, compose

PLAIN = {
    "brows": 0.8,
    "beard": 0.0,
    "hair": 1.0,
    "lids": 0.3,
    "freckles": 0.0,
    "spots": 0.0,
    "hair_red": 0.02,
    "hair_green": 0.015,
    "hair_blue": 0.01,
}


def look(melanin: float = 0.3, blood: float = 0.45, lips: float = 0.6) -> Complexion:
    return Complexion(melanin, blood, lips, **PLAIN)


@pytest.fixture(scope="module")
def layers(canvas) -> AlbedoLayers:
    author = AlbedoAuthor(canvas)
    return AlbedoLayers(canvas.size, np.stack([author.draw(subject) for subject in range(3)]))


def test_layers_repeat_and_differ(canvas, layers):
    np.testing.assert_array_equal(AlbedoAuthor(canvas).draw(1), layers.maps[1])
    assert (layers.maps[0] != layers.maps[1]).any(axis=(0, 1)).all()


def test_layers_lie_where_they_belong(canvas, layers):
    chart = canvas.chart
    inside_lips = canvas.mouth < -2
    assert layers.maps[:, inside_lips, Layer.LIPS].min() > 150
    assert layers.maps[:, canvas.mouth > 3, Layer.LIPS].max() == 0
    assert layers.maps[:, canvas.y > chart.hairline_y + 25, Layer.HAIR].mean() > 200
    front = (np.abs(canvas.s) < 40) & (canvas.y < chart.brow_y + 8) & canvas.atlas.covered
    assert layers.maps[:, front, Layer.HAIR].max() < 30
    assert layers.maps[:, canvas.y > chart.nose_base_y + 8, Layer.BEARD].max() < 60
    assert layers.maps[:, canvas.y < chart.eye_y, Layer.BROWS].max() == 0
    assert layers.maps[..., Layer.BROWS].max() > 200


def test_melanin_darkens_and_blood_reddens(layers):
    bare = np.zeros((1, len(Layer)), np.float32)
    bare[:, [Layer.MELANIN, Layer.BLOOD]] = 128
    light, dark = compose(bare, look(0.1))[0], compose(bare, look(0.9))[0]
    assert (dark < light).all()
    pale, flushed = compose(bare, look(blood=0.2))[0], compose(bare, look(blood=0.8))[0]
    assert flushed[0] / flushed[1] > pale[0] / pale[1]
    expected = 0.93 * np.exp(-(0.12 + 0.95 * 0.1 + 0.07 * 0.45 * (1 - 0.35 * 0.1)))
    assert light[0] == pytest.approx(expected, rel=1e-4)


def test_composed_colours_are_possible_albedos(layers):
    rng = np.random.default_rng(0)
    for age in (12, 30, 55, 80):
        colour = compose(layers.maps[0], Complexion.draw(rng, age, age % 4 == 0))
        assert colour.shape == (layers.size, layers.size, 3)
        assert colour.min() > 0
        assert colour.max() < 0.95


def test_basis_projects_its_own_maps(layers):
    small = layers.halved()
    assert small.maps.shape[1] == layers.size // 2
    basis = albedo_basis(small, people=30, modes=8)
    alpha = np.linspace(-2, 2, 8).astype(np.float32)
    albedo = basis.mean + np.tensordot(alpha, basis.basis, axes=1)
    np.testing.assert_allclose(project_albedo(basis, albedo), alpha, atol=5e-3)
