"""A training that is stopped anywhere and resumed ends with the checkpoint of one that was not, bit for bit."""

from pathlib import Path

import pytest
import torch

from hiface_pl.training.loop_state import close_epoch, settle
from hiface_pl.training.position import Position
from tests.training.compare import differences
from tests.training.conftest import Run
from tests.training.suite import HERE
from tests.training.test_runs import AVERAGED, content, folder_of, last

WHAT = [AVERAGED, "--model.reconstructor.encoder", f"{HERE}.DropoutEncoder", "--data.samples", 18]
BY_EPOCH = ["--trainer.max_epochs", 3]
BY_STEP = ["--trainer.max_epochs", -1, "--trainer.max_steps", 10, "--trainer.val_check_interval", 3]
BY_STEP += ["--trainer.check_val_every_n_epoch", "null", "--model.schedule", "hiface_pl.training.schedule.ConstantThenLinear"]


@pytest.mark.parametrize(
    ("length", "reads"),
    [  # an epoch reads 4 batches of 4 samples; a validation reads 18, after each epoch or each third step
        (BY_EPOCH, (5, 16)),
        (BY_STEP, (12, 15)),
    ],
)
def test_stopped_and_resumed_is_uninterrupted(run: Run, tmp_path: Path, length: list[object], reads: tuple[int, ...]) -> None:
    assert run("fit", *WHAT, *length) == 0
    whole = last(tmp_path)
    for read in reads:
        assert run("fit", *WHAT, *length, "--data.interrupt_after", read) == 130
        assert run("fit", *WHAT, *length, "--ckpt_path", folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt") == 0
        assert last(tmp_path) != whole
        assert differences(whole, last(tmp_path)) == [], f"stopped after reading {read} samples"


def test_a_run_that_was_long_enough_is_extended(run: Run, tmp_path: Path) -> None:
    """Ending after some steps, in the middle of an epoch or not, with a validation or not, is a stop like any other."""
    length = ["--trainer.val_check_interval", 3, "--trainer.check_val_every_n_epoch", "null", "--trainer.max_epochs", -1]
    assert run("fit", *WHAT, *length, "--trainer.max_steps", 10) == 0
    whole = last(tmp_path)
    for steps in (4, 7):
        assert run("fit", *WHAT, *length, "--trainer.max_steps", steps) == 0
        assert run("fit", *WHAT, *length, "--trainer.max_steps", 10, "--ckpt_path", last(tmp_path)) == 0
        assert differences(whole, last(tmp_path)) == [], f"ended after {steps} steps"


def test_gradients_are_accumulated_before_a_checkpoint(run: Run, tmp_path: Path) -> None:
    length = [*BY_EPOCH, "--trainer.accumulate_grad_batches", 2, "--saving.every_steps", 1]
    assert run("fit", *WHAT, *length) == 0
    whole = last(tmp_path)
    assert run("fit", *WHAT, *length, "--data.interrupt_after", 9) == 130
    path = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    assert content(path)["TinyFaces"]["batches"] % 2 == 0
    assert run("fit", *WHAT, *length, "--ckpt_path", path) == 0
    assert differences(whole, last(tmp_path)) == []


def test_another_batch_size_closes_the_epoch(run: Run, tmp_path: Path) -> None:
    assert run("fit", *WHAT, "--trainer.max_steps", 2) == 0
    first = last(tmp_path)
    with pytest.warns(UserWarning, match="18 samples, 4 a step, seed 0, there are now 18 samples, 3 a step"):
        assert run("fit", *WHAT, "--data.batch_size", 3, "--trainer.max_epochs", 2, "--ckpt_path", first) == 0
    assert (content(first)["epoch"], content(first)["TinyFaces"]["batches"]) == (0, 2)
    assert (content(last(tmp_path))["epoch"], content(last(tmp_path))["global_step"]) == (1, 2 + 6)


def test_checkpoints_of_the_time_before_positions_were_kept_go_on(run: Run, tmp_path: Path) -> None:
    assert run("fit", *WHAT, "--trainer.max_epochs", 1) == 0
    old = content(last(tmp_path))
    del old["random_states"], old["TinyFaces"]
    torch.save(old, tmp_path / "old.ckpt")
    assert run("fit", *WHAT, "--trainer.max_epochs", 2, "--ckpt_path", tmp_path / "old.ckpt") == 0
    assert (content(last(tmp_path))["epoch"], content(last(tmp_path))["global_step"]) == (1, 8)


@pytest.mark.parametrize("length", [["--trainer.max_epochs", 1], ["--trainer.max_steps", 4]])
def test_a_finished_training_has_nothing_to_train(
    run: Run, tmp_path: Path, length: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fit", *WHAT, *length) == 0
    whole = last(tmp_path)
    assert run("fit", *WHAT, *length, "--ckpt_path", whole) == 0
    said = capsys.readouterr().out
    assert "nothing to train" in said or differences(whole, last(tmp_path)) == []


def test_settled_counters() -> None:
    def counter(ready: int, completed: int) -> dict[str, int]:
        return {"ready": ready, "started": ready, "processed": completed, "completed": completed}

    def twice(ready: int, completed: int) -> dict[str, dict[str, int]]:
        return {"total": counter(ready, completed), "current": counter(ready, completed)}

    loop = {
        "epoch_progress": twice(2, 2),
        "epoch_loop.batch_progress": twice(7, 6) | {"is_last_batch": True},
        "epoch_loop.val_loop.batch_progress": twice(5, 4),
        "epoch_loop.state_dict": {},
        "state_dict": {"combined_loader": [{}]},
    }
    settle(loop, Position(1, 2), 6, validation_pending=True)
    assert loop["epoch_progress"]["total"] == counter(2, 1)
    assert (loop["epoch_loop.batch_progress"]["total"], loop["epoch_loop.batch_progress"]["current"]) == (counter(6, 6), counter(2, 2))
    assert loop["epoch_loop.val_loop.batch_progress"] == {"total": counter(1, 0), "current": counter(0, 0)}
    close_epoch(loop)
    assert loop["epoch_progress"] == twice(2, 2)
    assert loop["epoch_loop.batch_progress"]["current"] == counter(0, 0)
