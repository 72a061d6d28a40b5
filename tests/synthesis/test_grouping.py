import numpy as np
import pytest

from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.randomness import SPLITS, Grouping, Streams
from tests.synthesis.fakes import tiny_generator, tiny_layers
from tests.tiny import tiny_assets

OWN = ("identity", "static", "compressed", "stretched", "albedo", "age", "detail_age", "male")
"""What belongs to a person."""


def grouped(views, expressions, split="train"):
    return Generator(tiny_assets(), 32, 0, split, "inside", tiny_layers(), grouping=Grouping(views, expressions))


@pytest.fixture(scope="module")
def samples():
    """Two people, each with three expressions in two views."""
    generator = grouped(2, 3)
    return [generator.sample(index) for index in range(12)]


def test_single_samples_are_drawn_as_ever():
    children = np.random.SeedSequence((SPLITS["train"], 5, 7)).spawn(9)
    streams = Streams.of("train", 5, 7)
    names = ("person", "detail", "pose", "expression", "skin", "light", "surroundings", "cover", "camera")
    for name, child in zip(names, children, strict=True):
        assert getattr(streams, name).random() == np.random.default_rng(child).random()


def test_a_person_keeps_what_is_its_own(samples):
    for name in OWN:
        for person in (samples[:6], samples[6:]):
            for sample in person:
                np.testing.assert_array_equal(getattr(sample, name), getattr(person[0], name), err_msg=name)
    assert not np.array_equal(samples[0].identity, samples[6].identity)
    assert not np.array_equal(samples[0].static, samples[6].static)


def test_every_sample_is_another_picture(samples):
    for name in ("image", "lighting", "rotation", "translation"):
        assert len({getattr(sample, name).tobytes() for sample in samples}) == 12, name


def test_views_share_the_expression_and_expressions_differ(samples):
    weights = [sample.expression.tobytes() for sample in samples]
    assert weights[0::2] == weights[1::2]
    assert len(set(weights)) >= 5  # two of them may be neutral


def test_the_first_picture_of_a_person_is_the_one_of_a_store_of_single_samples(samples):
    for person in (0, 1):
        assert samples[6 * person].jpeg == tiny_generator(32).sample(person).jpeg


def test_splits_share_nobody():
    people = {split: {grouped(2, 1, split).sample(index).identity.tobytes() for index in range(4)} for split in SPLITS}
    assert [len(found) for found in people.values()] == [2] * len(SPLITS)
    assert len(set.union(*people.values())) == 2 * len(SPLITS)
