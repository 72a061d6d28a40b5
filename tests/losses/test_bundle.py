from dataclasses import replace

import pytest
import torch

from hiface_pl.errors import ConfigError
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.bundle import LossBundle
from hiface_pl.losses.landmark import LandmarkLoss
from hiface_pl.losses.photometric import PhotometricLoss
from hiface_pl.losses.regularisation import RegularisationLoss
from hiface_pl.losses.vertex import VertexLoss
from hiface_pl.types import Wanted
from tests.losses.faces import batch_of, perfect
from tests.tiny import tiny_assets

ASSETS = tiny_assets()


class Fixed(Loss):
    """Given values for given samples."""

    def __init__(self, values: list[float], valid: list[bool], weight: float = 1.0) -> None:
        super().__init__(weight)
        self.values, self.valid = torch.tensor(values, dtype=torch.float32), torch.tensor(valid)

    def forward(self, reconstruction, batch) -> LossTerm:
        return LossTerm(self.values, self.valid)


def report(**terms: Loss):
    bundle = LossBundle(**terms)
    bundle.bind(ASSETS)
    batch = batch_of(ASSETS)
    return bundle(perfect(ASSETS, batch), batch)


def test_total_is_the_weighted_sum_of_means_over_valid_samples() -> None:
    result = report(vertex=Fixed([1, 3, 100], [True, True, False], weight=2.0), extra=Fixed([5, 5, 5], [True] * 3, weight=0.1))
    assert result.total.item() == pytest.approx(2 * 2 + 0.5)
    assert [(term.name, term.value, term.count) for term in result.terms()] == [("vertex", 2.0, 2), ("extra", 5.0, 3)]


def test_a_term_without_samples_is_absent_and_adds_nothing() -> None:
    result = report(vertex=Fixed([float("nan")] * 3, [False] * 3), extra=Fixed([1.0] * 3, [True] * 3))
    assert [term.name for term in result.terms()] == ["extra"]
    assert result.total.item() == 1.0


def test_null_and_weightless_slots_are_off() -> None:
    bundle = LossBundle(vertex=VertexLoss(weight=0.0), landmark=LandmarkLoss(), photometric=PhotometricLoss(weight=0.0))
    assert [name for name, _ in bundle.active()] == ["landmark"]
    assert bundle.needs == Wanted.NOTHING
    assert LossBundle(photometric=PhotometricLoss(), vertex=VertexLoss()).needs == Wanted.RENDERING | Wanted.SHAPE


def test_a_bundle_without_terms_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="no loss term"):
        report(vertex=None)


def test_hidden_labels_leave_only_what_needs_none() -> None:
    bundle = LossBundle(vertex=VertexLoss(), landmark=LandmarkLoss(), regularisation=RegularisationLoss())
    bundle.bind(ASSETS)
    batch = batch_of(ASSETS)
    none = torch.zeros(3, dtype=torch.bool)
    hidden = replace(batch, labels=replace(batch.labels, has_geometry=none, has_landmarks=none))
    assert [term.name for term in bundle(perfect(ASSETS, hidden), hidden).terms()] == ["regularisation"]


def test_buffers_stay_out_of_checkpoints() -> None:
    bundle = LossBundle(vertex=VertexLoss())
    bundle.bind(ASSETS)
    assert bundle.state_dict() == {}
