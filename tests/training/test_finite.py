"""Losses that are not finite: found late on an accelerator, but never in a checkpoint."""

import math
from pathlib import Path

import pytest
import torch

from hiface_pl.errors import TrainingError
from hiface_pl.losses.bundle import LossReport
from hiface_pl.training.finite import Arrival, FiniteWatch
from tests.training.conftest import Run
from tests.training.suite import HERE, parameters_of

SAMPLES = torch.arange(12)


class Late(Arrival):
    """Arrives when told to."""

    arrived = False

    def ready(self) -> bool:
        return Late.arrived


def report(*values: float) -> LossReport:
    names = ("vertex", "static", "age")[: len(values)]
    return LossReport(torch.tensor(sum(values)), names, (1.0,) * len(values), torch.tensor(values), torch.ones(len(values)).long())


def test_on_the_host_a_bad_term_is_named_at_once_with_its_samples() -> None:
    watch = FiniteWatch()
    watch.note(report(1.0, 2.0), SAMPLES)
    with pytest.raises(TrainingError, match=r"loss static and age is not finite on the batch of samples 0, 1, 2, 3, 4, 5, 6, 7 \.\.\."):
        watch.note(report(1.0, math.nan, math.inf), SAMPLES)


def test_what_is_on_its_way_is_looked_at_when_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = FiniteWatch(Late)
    watch.note(report(math.nan), SAMPLES)
    watch.note(report(1.0), SAMPLES)
    monkeypatch.setattr(Late, "arrived", True)
    with pytest.raises(TrainingError, match="loss vertex is not finite"):
        watch.note(report(1.0), SAMPLES)
    watch.settle()


def test_settling_waits_for_what_has_not_arrived() -> None:
    watch = FiniteWatch(Late)
    watch.note(report(1.0), SAMPLES)
    watch.note(report(1.0, math.nan), SAMPLES)
    with pytest.raises(TrainingError, match="loss static is not finite"):
        watch.settle()


@pytest.mark.parametrize("late", [False, True])
def test_no_checkpoint_holds_weights_that_a_bad_loss_has_touched(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    if late:
        monkeypatch.setattr(Arrival, "ready", lambda self: False)
    assert run("fit", "--model.reconstructor.encoder", f"{HERE}.NanEncoder") == 2
    assert "no checkpoint holds weights" in capsys.readouterr().err.splitlines()[-1]
    for path in tmp_path.rglob("*.ckpt"):
        assert torch.load(path, weights_only=True)["global_step"] == 0
        assert all(weight.isfinite().all() for weight in parameters_of(path))
