import cv2
import numpy as np
import pytest
import torch

from hiface_pl.data.open_scans.expressions import STRONG, of_subject, strong_expressions
from hiface_pl.data.open_scans.layout import SIDE_YAWS, picture_places
from hiface_pl.data.open_scans.seating import PICTURES, SPLIT, draw_frame, seating
from hiface_pl.errors import FaceModelError
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.synthesis.authoring.displacement_bases import project as coefficients_of
from hiface_pl.synthesis.people import draw_person
from hiface_pl.synthesis.randomness import SPLITS, Streams
from hiface_pl.synthesis.unmodelled import LAYOUTS, UnmodelledWrinkles
from hiface_pl.types import Pose
from tests.data.open_scans.small import small_assets, small_generator
from tests.tiny import tiny_model


def test_a_subject_follows_from_its_number(maker, made):
    other = maker.make(5)
    assert maker.make(2) == made  # what was made in between leaves no trace
    contents = set(made.values())
    assert not contents & set(other.values())


def test_the_files_are_those_of_the_layout(made):
    names = {str(path) for path in made}
    assert names == {
        "REALY_HIFI3D_keypoints/2.obj",
        *(f"REALY_scan_region/2/{region}.obj" for region in ("nose", "mouth", "forehead", "cheek")),
        "REALY_image/frontal/2.jpg",
        *(f"REALY_image/side/2_{k}.jpg" for k in (1, 2, 3, 4)),
        "expressions/2_1.jpg",
        "expressions/2_2.jpg",
        "truth/2.npz",
    }
    assert list(made)[-1].name == "2.npz"


def test_the_stored_pose_is_the_one_in_the_picture(made, truth):
    """The nose points to the side that the yaw says, inside the image."""
    model = small_assets().model
    for picture, yaw in zip(truth.pictures[:5], (0.0, *SIDE_YAWS), strict=True):
        assert picture.yaw == yaw
        pose = Pose(torch.from_numpy(picture.rotation)[None], torch.from_numpy(picture.translation)[None])
        shape = model.vertices(truth.identity, picture.expression)
        places = project(to_camera(torch.from_numpy(shape)[None], pose))[0].numpy()
        nose = places[model.keypoints68.vertices[30, 0]]
        middle = 0.5 * (places[model.keypoints68.vertices[0, 0]] + places[model.keypoints68.vertices[16, 0]])
        assert np.sign(nose[0] - middle[0]) == np.sign(yaw) or yaw == 0
        assert ((nose > 0.1) & (nose < 0.9)).all()
        image = cv2.imdecode(np.frombuffer(made[picture.path], np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (64, 64, 3)


def test_neutral_pictures_show_the_static_map_and_others_more(truth):
    assert [picture.expression_name for picture in truth.pictures[:5]] == ["neutral"] * 5
    assert not any(picture.expression.any() for picture in truth.pictures[:5])
    for picture in truth.of_kind("expression"):
        assert picture.expression.max() == 1
        dynamic = picture.total - truth.static
        assert np.sqrt((dynamic**2).mean()) > 0.1 * np.sqrt((truth.static**2).mean())
    first, second = truth.of_kind("expression")
    assert not np.array_equal(first.total, second.total)


def test_truth_is_outside_the_bases(truth):
    detail = small_assets().detail
    for basis, values in ((detail.static, truth.static), (detail.compressed, truth.compressed), (detail.stretched, truth.stretched)):
        reached = basis.mean + coefficients_of(basis, values[None])[0] @ basis.basis
        assert np.linalg.norm(values - reached) > 0.3 * np.linalg.norm(values - basis.mean)


def test_truth_knows_the_person(truth, maker):
    generator = small_generator()
    person = draw_person(seating(0, 2, 3).person, generator.assets.model)
    assert (truth.age, truth.detail_age, truth.male) == (person.age, person.detail_age, person.male)
    np.testing.assert_array_equal(truth.identity, person.identity)
    np.testing.assert_allclose(truth.neutral, generator.assets.model.vertices(person.identity), atol=1e-4)


def test_no_other_sample_can_show_the_same_person():
    """The first word of every seed is the split's constant, so that no seed and no number lead from one split into another."""
    assert len(set(SPLITS.values())) == len(SPLITS)
    assert all(0 < constant < 2**32 for constant in SPLITS.values())
    seeds = (0, 1, 7, 2**32 + 5, SPLITS[SPLIT], (SPLITS[SPLIT] << 32) + 1)
    drawn = {split: {Streams.of(split, seed, k).person.random() for seed in seeds for k in range(60)} for split in SPLITS}
    assert all(len(numbers) == 60 * len(seeds) for numbers in drawn.values())
    mine = {seating(seed, subject, which).person.random() for seed in seeds for subject in (1, 2, 50) for which in range(PICTURES + 1)}
    assert len(mine) == 3 * len(seeds)
    assert mine <= drawn[SPLIT] | mine
    assert not mine & set.union(*(numbers for split, numbers in drawn.items() if split != SPLIT))


def test_wrinkles_are_authored_apart_from_those_of_other_splits(monkeypatch):
    seeds = []
    monkeypatch.setattr("hiface_pl.synthesis.unmodelled.subject_rows", lambda _, texels, seed, *__: seeds.append(seed) or _rows(texels))
    for apart in (False, True):
        wrinkles = UnmodelledWrinkles(small_assets(), apart=apart)
        for k in range(50):
            wrinkles.draw(np.random.default_rng(k), 40.0, 1.0)
    assert max(seeds[:50]) < LAYOUTS <= min(seeds[50:])
    assert max(seeds) < 2**32


def _rows(texels):
    return np.zeros((3, len(texels)), np.float32)


def test_frames_are_about_realys():
    frames = [draw_frame(0, subject) for subject in range(1, 101)]
    units = np.array([frame.millimetres for frame in frames])
    assert 6.4 < units.min() < 8 < 8.7 < units.mean() < 9.2 < units.max() < 10.3
    for frame in frames:
        np.testing.assert_allclose(frame.rotation @ frame.rotation.T, np.eye(3), atol=1e-12)
        assert np.trace(frame.rotation) > 1 + 2 * np.cos(np.deg2rad(12))
        assert frame.millimetres == float(f"{frame.millimetres:.6f}")


def test_each_expression_is_shown_by_a_neighbour_too():
    found = strong_expressions(small_assets().model)
    assert [name for name, _ in found] == list(STRONG)
    for subject in range(1, 9):
        mine, following = of_subject(found, subject), of_subject(found, subject + 1)
        assert mine[1] is following[0]
        assert mine[0][0] != mine[1][0]
    assert [name for name, _ in strong_expressions(tiny_model())] == ["smile", "surprise", "sorrow"]


def test_a_model_without_expressions_is_refused():
    model = tiny_model()
    vars(model)["expression_names"] = ("a", "b", "c", "d")
    with pytest.raises(FaceModelError, match="units for 0 of the expressions smile, surprise"):
        strong_expressions(model)


def test_images_per_subject_are_named():
    assert [place.name for place in picture_places(12)] == ["12", "12_1", "12_2", "12_3", "12_4", "12_1", "12_2"]
