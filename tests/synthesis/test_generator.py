import cv2
import numpy as np
import pytest
import torch

from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.rendering.rasterizers.kernels import zbuffer
from hiface_pl.synthesis.drawing.face import device_coordinates
from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.recompute import camera_vertices, displacement, displacement_maps, model_vertices, projected
from hiface_pl.synthesis.sample import DEPTH_STEP, Pixel
from hiface_pl.synthesis.surface import Surface
from hiface_pl.types import Pose
from tests.synthesis.fakes import tiny_generator, tiny_layers
from tests.tiny import tiny_assets


@pytest.fixture(scope="module")
def generator():
    return tiny_generator()


@pytest.fixture(scope="module")
def samples(generator):
    return [generator.sample(index) for index in range(24)]


def test_a_sample_depends_on_its_number_only(generator, samples):
    again, other = tiny_generator().sample(7), tiny_generator(split="val").sample(7)
    for name, value in vars(samples[7]).items():
        np.testing.assert_array_equal(getattr(again, name), value, err_msg=name)
    assert not np.array_equal(other.identity, again.identity)
    assert not np.array_equal(tiny_generator(seed=1).sample(7).identity, again.identity)


def test_the_image_is_what_its_file_decodes_to(samples):
    for sample in samples:
        np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(sample.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB), sample.image)


def test_landmarks_are_the_projected_vertices(generator, samples):
    model = generator.assets.model
    for sample in samples:
        np.testing.assert_allclose(projected(model, sample, model.keypoints68), sample.landmarks, atol=1e-5)
        pose = Pose(torch.from_numpy(sample.rotation)[None], torch.from_numpy(sample.translation)[None])
        vertices = torch.from_numpy(model.vertices(sample.identity, sample.expression))[None]
        by_torch = project(to_camera(vertices, pose))[0].numpy()
        np.testing.assert_allclose(by_torch[model.keypoints68.vertices[:, 0]], sample.landmarks, atol=1e-5)


def test_masks_and_depth_are_those_of_the_vertices(generator, samples):
    model, size = generator.assets.model, generator.image_size
    for sample in samples[:8]:
        triangle, _, depth = zbuffer(device_coordinates(camera_vertices(model, sample)), model.triangles, size, size)
        inside = triangle >= 0
        drawn = np.isin(sample.parts, (Pixel.SKIN, Pixel.HAIR)) | (sample.parts == Pixel.COVER)
        assert (inside & ~drawn).mean() < 0.04  # only along the silhouette, where subsamples differ
        assert (sample.skin & ~inside).mean() < 0.01
        flat = inside & cv2.erode(sample.skin.astype(np.uint8), np.ones((5, 5))).astype(bool)
        assert np.abs(sample.depth[flat] * DEPTH_STEP - depth[flat]).max() < 6


def test_stored_numbers_are_sane(generator, samples):
    assert {sample.male for sample in samples} == {0.0, 1.0}
    assert all(10 <= sample.age <= 80 and 10 <= sample.detail_age <= 85 for sample in samples)
    assert any(sample.occlusion > 0.02 for sample in samples)
    assert np.mean([sample.occlusion for sample in samples]) < 0.2
    assert np.std([sample.detail_age - sample.age for sample in samples]) > 3
    for sample in samples:
        assert sample.image.std() > 8
        assert np.isfinite(sample.albedo).all()
        assert sample.visible.sum() > 20


def test_neutral_samples_show_static_detail_only(generator, samples):
    surface = Surface(generator.assets)
    neutral = [sample for sample in samples if not sample.expression.any()]
    assert neutral
    for sample in neutral:
        static = displacement_maps(surface, sample).static
        np.testing.assert_array_equal(displacement(surface, sample).ravel()[surface.texels], static)
        np.testing.assert_array_equal(model_vertices(generator.assets.model, sample), generator.assets.model.vertices(sample.identity))


def test_detail_reaches_the_picture(generator):
    flat, folded = tiny_generator(), tiny_generator()
    flat._wrinkles.draw = lambda *_: (np.zeros(5, np.float32),) * 3
    folded._wrinkles.draw = lambda *_: (np.full(5, 3, np.float32),) * 3
    a, b = flat.sample(3), folded.sample(3)
    assert np.abs(a.image.astype(float) - b.image).mean() > 1
    np.testing.assert_array_equal(a.depth, b.depth)


def test_outside_the_bases_lies_what_projection_leaves_out():
    generator = Generator(tiny_assets(), 32, 0, "test", "outside", tiny_layers())
    surface, sample = Surface(generator.assets), generator.sample(2)
    whole, modelled = displacement_maps(surface, sample), surface.maps((sample.static, sample.compressed, sample.stretched))
    beyond = whole.static - modelled.static
    np.testing.assert_allclose(beyond, sample.residual[0], atol=1e-4)
    assert np.std(beyond) > 0.2 * np.std(whole.static)
    assert generator.sample(2).residual.tobytes() == sample.residual.tobytes()
