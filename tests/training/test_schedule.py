import pytest
from torch.optim.lr_scheduler import LambdaLR

from hiface_pl.training.schedule import ConstantThenLinear
from tests.training.conftest import Run


@pytest.mark.parametrize(("progress", "factor"), [(0.05, 0.5), (0.1, 1.0), (0.5, 1.0), (0.75, 1.0), (0.875, 0.55), (1.0, 0.1)])
def test_rises_stays_and_falls(progress: float, factor: float) -> None:
    assert ConstantThenLinear(warmup=0.1, decay=0.25, final=0.1).factor(progress) == pytest.approx(factor)


def test_without_warmup_and_decay_it_is_constant() -> None:
    schedule = ConstantThenLinear(warmup=0.0, decay=0.0)
    assert [schedule.factor(progress) for progress in (0.0, 0.5, 1.0)] == [1.0, 1.0, 1.0]


def test_the_rate_follows_the_share_of_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    step = LambdaLR.step

    def noted(self: LambdaLR, *arguments: object) -> None:
        step(self, *arguments)
        rates.append(self.get_last_lr()[0])

    monkeypatch.setattr(LambdaLR, "step", noted)
    schedule = "hiface_pl.training.schedule.ConstantThenLinear"
    assert run("fit", "--model.schedule", schedule, "--model.schedule.warmup", 0.0, "--model.schedule.decay", 0.5) == 0
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 5e-4, 0.0])


def test_a_run_without_an_end_cannot_have_a_schedule(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    schedule = ["--model.schedule", "hiface_pl.training.schedule.ConstantThenLinear"]
    assert run("fit", "--trainer.max_epochs", -1, *schedule) == 2
    assert "set trainer.max_steps or trainer.max_epochs" in capsys.readouterr().err
