import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.metrics import SyntheticFaceMetrics
from hiface_pl.evaluation.scores import FaceScores
from hiface_pl.evaluation.table import read_scores, score_rows, score_table, write_scores
from hiface_pl.report.provenance import Provenance
from tests.evaluation.samples import answer, batch_of, labels_of
from tests.tiny import tiny_assets

ASSETS = tiny_assets()


def scores_of(labels, reconstruction) -> FaceScores:
    metric = SyntheticFaceMetrics(ASSETS)
    metric.update(reconstruction, batch_of(labels))
    return metric.compute()


def perfect(labels):
    known = labels.coefficients
    return answer(ASSETS, labels, known.identity, known.expression, known.static)


def mean_face(labels):
    known = labels.coefficients
    return answer(ASSETS, labels, 0 * known.identity, 0 * known.expression, 0 * known.static)


def test_perfect_answers_have_skill_one():
    labels = labels_of(ASSETS, 6)
    scores = scores_of(labels, perfect(labels))
    assert set(scores.measured) == {
        "identity_rigid", "identity_similarity", "expression", "landmarks", "pose",
        "static_map", "compressed_map", "stretched_map", "total_map", "age",
    }  # fmt: skip
    for name, value in scores.measured.items():
        assert value.skill == pytest.approx(1, abs=1e-3), name
        assert value.baseline > 0, name
    assert scores.static_amplitude_r2 == pytest.approx(1, abs=1e-4)


def test_the_mean_face_has_skill_zero():
    labels = labels_of(ASSETS, 6)
    scores = scores_of(labels, mean_face(labels))
    for value in (scores.identity_rigid, scores.identity_similarity, scores.expression, scores.static_map):
        assert value.skill == pytest.approx(0, abs=1e-5)


def test_expression_error_by_hand():
    labels = labels_of(ASSETS, 1)
    known = labels.coefficients
    guess = known.expression + torch.tensor([[0.5, 0, 0, 0]])
    weights = ASSETS.regions.face
    expected = (0.5 * np.linalg.norm(ASSETS.model.expression_basis[0], axis=-1) * weights).sum() / weights.sum()
    scores = scores_of(labels, answer(ASSETS, labels, known.identity, guess, known.static))
    assert scores.expression.error == pytest.approx(expected, rel=1e-4)


def test_landmark_pose_and_map_errors_by_hand():
    labels = labels_of(ASSETS, 2)
    square = torch.rand(68, 2)
    square[:2] = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    labels = replace(labels, landmarks=(0.2 + 0.5 * square).expand(2, 68, 2))
    turned = replace(labels.coefficients, pose=replace(labels.coefficients.pose, rotation=torch.tensor([[0.0, 0.1, 0.0]] * 2)))
    labels = replace(labels, coefficients=turned)
    guess = perfect(labels)
    away = replace(guess.coefficients, pose=replace(turned.pose, rotation=torch.tensor([[0.0, 0.1, 0.0], [0.0, 0.3, 0.0]])))
    guess = replace(guess, encoded=replace(guess.encoded, coefficients=away), landmarks=labels.landmarks + torch.tensor([0.03, 0.04]))
    guess = replace(guess, detail=replace(guess.detail, compressed=guess.detail.compressed + 0.25))
    scores = scores_of(labels, guess)
    assert scores.landmarks.error == pytest.approx(10, rel=1e-4)  # 0.05 of a box side of 0.5
    assert scores.pose.error == pytest.approx(np.degrees(0.1), rel=1e-4)  # 0 and 0.2 rad
    assert scores.pose.baseline == pytest.approx(np.degrees(0.1), rel=1e-4)
    assert scores.compressed_map.error == pytest.approx(0.25, rel=1e-4)


def test_scale_is_forgiven_by_similarity_alignment_only():
    labels = labels_of(ASSETS, 3)
    guess = perfect(labels)
    bigger = replace(guess, shape=replace(guess.shape, neutral=1.05 * guess.shape.neutral + 3))
    scores = scores_of(labels, bigger)
    assert scores.identity_similarity.error == pytest.approx(0, abs=1e-3)
    assert scores.identity_rigid.error > 1


def test_batches_add_up_and_unlabelled_samples_are_left_out():
    labels = labels_of(ASSETS, 6)
    wrong = answer(ASSETS, labels, 0.5 * labels.coefficients.identity, 0 * labels.coefficients.expression, labels.coefficients.static)
    whole = scores_of(labels, wrong)
    metric = SyntheticFaceMetrics(ASSETS)
    for part in (slice(0, 2), slice(2, 6)):
        metric.update(wrong[part], batch_of(labels[part]))
    unknown = torch.zeros(6, dtype=torch.bool)
    hidden = replace(labels, has_geometry=unknown, has_detail=unknown, has_age=unknown)
    metric.update(perfect(labels), batch_of(hidden))
    for name, value in metric.compute().measured.items():
        assert value.error == pytest.approx(whole.measured[name].error, rel=1e-5, abs=1e-5), name
    assert metric.compute().samples == 6


def test_processes_add_up():
    labels = labels_of(ASSETS, 5)
    wrong = answer(ASSETS, labels, 0.5 * labels.coefficients.identity, labels.coefficients.expression, 0 * labels.coefficients.static)
    whole, first, second = (SyntheticFaceMetrics(ASSETS) for _ in range(3))
    whole.update(wrong, batch_of(labels))
    first.update(wrong[:2], batch_of(labels[:2]))
    second.update(wrong[2:], batch_of(labels[2:]))
    first.merge_state(second)
    for name, number in first.compute().floats().items():
        assert number == pytest.approx(whole.compute().floats()[name], rel=1e-5, abs=1e-6), name


def test_the_total_map_has_the_dynamic_part():
    labels = labels_of(ASSETS, 3)
    guess = perfect(labels)
    still = replace(guess, detail=replace(guess.detail, dynamic=torch.zeros_like(guess.detail.dynamic)))
    scores = scores_of(labels, still)
    assert scores.static_map.error == pytest.approx(0, abs=1e-5)
    assert 0.001 < scores.total_map.error < scores.total_map.baseline


def test_files_that_hold_no_scores_are_refused(tmp_path):
    (tmp_path / "scores.json").write_text('{"samples": 3}')
    with pytest.raises(EvaluationError, match=r"scores\.json is not a file of scores"):
        read_scores(tmp_path / "scores.json")


def test_no_sample_is_no_score():
    metric = SyntheticFaceMetrics(ASSETS)
    metric.update(perfect(labels_of(ASSETS, 2)), batch_of(replace(labels_of(ASSETS, 2), has_geometry=torch.zeros(2, dtype=torch.bool))))
    with pytest.raises(EvaluationError, match="ground truth"):
        metric.compute()


def test_nan_is_no_score():
    labels = labels_of(ASSETS, 2)
    guess = perfect(labels)
    with pytest.raises(EvaluationError, match="not finite"):
        scores_of(labels, replace(guess, landmarks=guess.landmarks * float("nan")))


def test_a_coarse_head_has_no_map_scores():
    labels = labels_of(ASSETS, 2)
    scores = scores_of(labels, replace(perfect(labels), detail=None, age=None))
    assert scores.static_map is None
    assert scores.static_amplitude_r2 is None
    assert scores.identity_rigid.skill == pytest.approx(1, abs=1e-3)


def test_table_and_file_say_the_same(tmp_path):
    labels = labels_of(ASSETS, 3)
    scores = scores_of(labels, mean_face(labels))
    write_scores(scores, tmp_path / "scores.json", Provenance.now(seed=3))
    record = json.loads((tmp_path / "scores.json").read_text())
    assert read_scores(tmp_path / "scores.json") == scores
    assert record["seed"] == 3
    assert torch.__version__.startswith(record["versions"]["torch"])
    assert len(score_rows(scores)) == score_table(scores).row_count == len(record["results"]) + 1
    assert {"identity_rigid_mm", "identity_similarity_skill", "landmarks_percent", "pose_deg"} <= set(scores.floats())


def test_wrinkles_beyond_the_bases_are_part_of_the_truth_and_of_no_prediction():
    known = labels_of(ASSETS, 3)
    beyond = 0.5 * torch.ones(3, 3, len(ASSETS.detail.texels))
    scores = scores_of(replace(known, residual=beyond), perfect(known))
    assert scores.static_map.error == pytest.approx(0.5, rel=1e-4)
    assert scores.static_limit.error == pytest.approx(0.5, rel=1e-4)
    assert scores.compressed_map.error == pytest.approx(scores.compressed_limit.error, rel=1e-4)
    assert scores.static_limit.baseline == scores.static_map.baseline
    assert scores.total_map.error > 0.49
    assert scores_of(known, perfect(known)).static_limit is None
