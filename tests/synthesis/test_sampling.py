from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.data.crop import Crop
from hiface_pl.details.tension import MeanTension
from hiface_pl.details.uv import VertexToUv
from hiface_pl.face_models.face_model import IdentityPrior
from hiface_pl.rendering import camera, lighting
from hiface_pl.synthesis.expressions import CAPS, NEUTRAL_SHARE, ExpressionSampler
from hiface_pl.synthesis.lights import draw_light, harmonics_of
from hiface_pl.synthesis.people import conditional_mean
from hiface_pl.synthesis.placement import (
    PITCH,
    ROLL,
    SHIFT,
    YAW,
    ZOOM,
    Turn,
    draw_translation,
    draw_turn,
    project_points,
    rotation_matrix,
    rotation_vector,
)
from hiface_pl.synthesis.randomness import SPLITS, Streams
from hiface_pl.synthesis.surface import Surface
from hiface_pl.synthesis.wrinkles import WrinkleSampler
from hiface_pl.types import Shape
from tests.tiny import UNITS


def rng(seed=0):
    return np.random.default_rng(seed)


def test_streams_differ_between_splits_seeds_and_samples():
    numbers = {
        (split, seed, index): Streams.of(split, seed, index).person.random() for split in SPLITS for seed in (0, 1) for index in (0, 1)
    }
    assert len(set(numbers.values())) == 4 * len(SPLITS)
    assert Streams.of("train", 0, 7).pose.random() == Streams.of("train", 0, 7).pose.random()


def test_conditional_mean_is_the_written_formula():
    prior = IdentityPrior(np.eye(7, dtype=np.float32), np.eye(7, dtype=np.float32))
    features = conditional_mean(prior, age=25.0, male=1.0, origin=np.array([0.2, 0.3, 0.5]))
    np.testing.assert_allclose(features, [1, 0.5, 0.25, 1, 0.2, 0.3, 0.5], rtol=1e-6)


def test_rotations_agree_with_the_camera_module():
    turn = Turn(0.5, -0.3, 0.2)
    vector = rotation_vector(turn.matrix)
    np.testing.assert_allclose(camera.rotation_matrix(torch.from_numpy(vector)[None])[0], turn.matrix, atol=1e-6)
    np.testing.assert_allclose(rotation_matrix(vector), turn.matrix, atol=1e-6)
    assert rotation_vector(np.eye(3)).tolist() == [0, 0, 0]


def test_turns_mean_what_they_say():
    nose, ear = np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
    assert (Turn(0.3, 0.0, 0.0).matrix @ nose)[0] > 0.2
    assert (Turn(0.0, 0.3, 0.0).matrix @ nose)[1] < -0.2
    assert (Turn(0.0, 0.0, 0.3).matrix @ ear)[1] < -0.2
    turns = [draw_turn(rng(seed)) for seed in range(300)]
    assert 0.6 < max(abs(turn.yaw) for turn in turns) <= YAW
    assert 0.2 < max(abs(turn.pitch) for turn in turns) <= PITCH
    assert 0.1 < max(abs(turn.roll) for turn in turns) <= ROLL


def test_projection_agrees_with_the_camera_module():
    points = rng().normal(size=(5, 3)) * 50 - np.array([0, 0, 900])
    np.testing.assert_allclose(project_points(points), camera.project(torch.from_numpy(points)[None])[0], rtol=1e-12)


def test_the_image_is_the_crop_around_the_landmarks(tiny):
    sides = []
    for seed in range(40):
        turned = tiny.model.keypoints68.on(tiny.model.mean) @ draw_turn(rng(seed)).matrix.T
        landmarks = project_points(turned + draw_translation(rng(seed), turned))
        crop = Crop.around(landmarks)
        sides.append(1 / crop.side)
        assert abs(crop.x - 0.5) <= SHIFT + 2e-3
        assert abs(crop.y - 0.5) <= SHIFT + 2e-3
    assert ZOOM[0] - 2e-3 <= min(sides) < 0.95
    assert 1.1 < max(sides) <= ZOOM[1] + 2e-3


def test_light_agrees_with_the_lighting_module():
    normals = rng().normal(size=(20, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    np.testing.assert_allclose(harmonics_of(normals), lighting.sh_basis(torch.from_numpy(normals)), rtol=1e-12)
    light = draw_light(rng(1))
    direct = sum(lighting.directional_light(d.tolist(), c.tolist()) for d, c in zip(light.directions, light.colours, strict=True)).numpy()
    ambient = light.harmonics - direct
    assert (harmonics_of(normals) @ ambient > 0).all()


def test_expressions_are_sparse_capped_and_sometimes_neutral(tiny):
    sampler = ExpressionSampler(tiny.model)
    drawn = np.stack([sampler.draw(rng(seed), 0.0, 0.0) for seed in range(600)])
    assert drawn.min() >= 0
    assert drawn[:, UNITS.index("jawOpen")].max() <= np.float32(CAPS["jawOpen"])
    assert abs((drawn == 0).all(axis=1).mean() - NEUTRAL_SHARE) < 0.12  # the tiny model lacks most units
    smiles = drawn[drawn[:, 1] > 0]
    assert 0.6 < (smiles[:, 1] == smiles[:, 2]).mean() < 1


def test_eyes_turn_towards_the_camera(tiny):
    names = ("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight")
    sampler = ExpressionSampler(replace(tiny.model, expression_names=names))
    mean = np.mean([sampler.draw(rng(seed), 0.5, 0.0) for seed in range(200)], axis=0)  # the head turns to the subject's left
    assert mean[0] > 4 * mean[2]
    assert mean[3] > 4 * mean[1]


def test_wrinkles_follow_the_age_inside_the_span(tiny):
    detail = tiny.detail
    ages = detail.bank_age
    aged = [values + (np.arange(values.shape[1]) == 0) * ages[:, None] / 10 for values in (detail.bank_static, detail.bank_compressed)]
    sampler = WrinkleSampler(replace(detail, bank_static=aged[0].astype(np.float32), bank_compressed=aged[1].astype(np.float32)))
    young, old = (np.mean([sampler.draw(rng(seed), age, 0.0)[0][0] for seed in range(200)]) for age in (20.0, 78.0))
    assert old - young > 3.5
    static, compressed, stretched = sampler.draw(rng(5), 40.0, 1.0)
    assert (len(static), len(compressed), len(stretched)) == (5, 5, 5)


def test_surface_agrees_with_the_model_and_the_tension_module(tiny):
    surface, tension = Surface(tiny), MeanTension()
    tension.bind(tiny)
    identity, expression = rng(1).normal(size=4).astype(np.float32), rng(2).random(4).astype(np.float32)
    neutral, expressive = surface.shapes(identity, expression)
    np.testing.assert_allclose(expressive, tiny.model.vertices(identity, expression), atol=1e-4)
    weights = tension(Shape(torch.from_numpy(neutral)[None], torch.from_numpy(expressive)[None]))
    for ours, theirs in zip(surface.tension_weights(neutral, expressive), (weights.compressed[0], weights.stretched[0]), strict=True):
        assert theirs.max() > 0.1
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_displacement_agrees_with_the_detail_head(tiny):
    surface = Surface(tiny)
    poles = [rng(k).normal(size=5).astype(np.float32) for k in range(3)]
    maps = surface.maps(tuple(poles))
    np.testing.assert_allclose(maps.compressed, tiny.detail.compressed.mean + poles[1] @ tiny.detail.compressed.basis, atol=1e-5)
    weights = surface.tension_weights(*surface.shapes(rng(1).normal(size=4).astype(np.float32), rng(2).random(4).astype(np.float32)))
    to_uv = VertexToUv(tiny.atlas, tiny.model)
    in_uv = to_uv(torch.from_numpy(np.stack(weights, axis=1))[None])[0].numpy()
    blended = np.zeros(tiny.detail.size**2, np.float32)
    blended[tiny.detail.texels] = maps.static
    for weight, pole in zip(in_uv, (maps.compressed, maps.stretched), strict=True):
        blended[tiny.detail.texels] += weight.ravel()[tiny.detail.texels] * pole
    np.testing.assert_allclose(surface.displacement(tuple(poles), weights).ravel(), blended, atol=1e-5)


def test_neutral_faces_have_no_dynamic_detail(tiny):
    surface = Surface(tiny)
    neutral, expressive = surface.shapes(np.ones(4, np.float32), np.zeros(4, np.float32))
    np.testing.assert_array_equal(neutral, expressive)
    assert all(weight.max() == 0 for weight in surface.tension_weights(neutral, expressive))


@pytest.mark.parametrize("age", [5.0, 95.0])
def test_ages_outside_the_bank_count_as_its_ends(tiny, age):
    sampler = WrinkleSampler(tiny.detail)
    end = float(np.clip(age, tiny.detail.bank_age.min(), tiny.detail.bank_age.max()))
    np.testing.assert_array_equal(sampler.draw(rng(3), age, 1.0)[0], sampler.draw(rng(3), end, 1.0)[0])
