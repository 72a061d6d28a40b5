"""Scores of static maps that do or do not belong to the person alone."""

import numpy as np
import pytest

from hiface_pl.evaluation.detail.decoupling import StaticMap, decoupling

WEIGHTS = np.array([1.0, 3.0, 0.5], np.float32)
PEOPLE = {1: [1.0, 0, 0], 2: [0, 2.0, 0], 3: [0, 0, 3.0]}


def maps(predict):
    return [
        StaticMap(person, expression, np.array(predict(np.array(true), expression), np.float32), np.array(true, np.float32))
        for person, true in PEOPLE.items()
        for expression in ("neutral", "smile")
    ]


def test_the_truth_leaks_nothing_and_spreads_fully():
    scores = decoupling(maps(lambda true, _: true), WEIGHTS)
    assert scores.same_person == scores.leak == 0
    assert scores.spread == pytest.approx(1)
    first = np.sqrt((1 * 1 + 3 * 4) / 4.5)
    second, third = np.sqrt((1 * 1 + 0.5 * 9) / 4.5), np.sqrt((3 * 4 + 0.5 * 9) / 4.5)
    assert scores.people == pytest.approx(np.mean([first, second, third]))


def test_an_answer_that_is_the_same_for_everybody_has_no_spread():
    scores = decoupling(maps(lambda *_: [0.5, 0.5, 0.5]), WEIGHTS)
    assert scores.spread == 0
    assert scores.leak is None


def test_an_expression_that_moves_static_detail_leaks():
    scores = decoupling(maps(lambda true, expression: 0.5 * true + (0.2 if expression == "smile" else 0)), WEIGHTS)
    assert scores.same_person == pytest.approx(0.2)
    assert scores.spread == pytest.approx(0.5)
    assert scores.leak == pytest.approx(0.2 / scores.people)


def test_one_picture_has_no_pairs():
    scores = decoupling(maps(lambda true, _: true)[:1], WEIGHTS)
    assert (scores.same_person, scores.people, scores.leak, scores.spread) == (None, None, None, None)
