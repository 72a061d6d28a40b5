import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from hiface_pl.errors import CheckpointError
from hiface_pl.training.loading import load_reconstructor
from tests.training.conftest import Run
from tests.training.suite import HERE, samples_of

AVERAGED = "--trainer.callbacks+=hiface_pl.training.averaging.AveragedWeights"


def folder_of(tmp_path: Path, verb: str = "fit") -> Path:
    return max((tmp_path / "runs" / "tiny").glob(f"{verb}-*"), key=lambda path: path.stat().st_mtime)


def last(tmp_path: Path) -> Path:
    return folder_of(tmp_path) / "checkpoints" / "last.ckpt"


def content(path: Path) -> dict:
    return torch.load(path, weights_only=True)


def test_a_fit_leaves_configuration_log_best_and_last(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit") == 0
    folder = folder_of(tmp_path)
    assert {file.name for file in folder.iterdir()} == {"config.yaml", "metrics.csv", "checkpoints"}
    assert {file.stem.split("-")[0] for file in (folder / "checkpoints").iterdir()} == {"last", "best"}
    assert str(folder) in capsys.readouterr().out
    header = (folder / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train/identity", "train/static", "train/age", "val/skill", "val/identity_rigid_skill"} <= set(header)


def test_resuming_continues_epoch_and_step(run: Run, tmp_path: Path) -> None:
    run("fit", "--trainer.max_epochs", 1)
    first = last(tmp_path)
    assert run("fit", "--trainer.max_epochs", 3, "--ckpt_path", first) == 0
    assert (content(first)["epoch"], content(first)["global_step"]) == (0, 2)
    assert (content(last(tmp_path))["epoch"], content(last(tmp_path))["global_step"]) == (2, 6)


def test_the_saved_configuration_is_enough_to_train_again(run: Run, tmp_path: Path, config: Path) -> None:
    run("fit", "--trainer.max_steps", 1)
    saved = folder_of(tmp_path) / "config.yaml"
    config.write_text(saved.read_text())
    assert run("fit", "--trainer.max_steps", 1) == 0
    assert yaml.safe_load(saved.read_text()) == yaml.safe_load((folder_of(tmp_path) / "config.yaml").read_text())


def test_a_checkpoint_alone_rebuilds_its_network(run: Run, tmp_path: Path) -> None:
    run("fit", "--model.reconstructor.encoder.gain", 2.0)
    reconstructor = load_reconstructor(last(tmp_path))
    assert reconstructor.encoder.gain == 2.0
    assert not reconstructor.training
    stored = content(last(tmp_path))["state_dict"]["reconstructor.encoder.head.weight"]
    torch.testing.assert_close(reconstructor.encoder.head.weight, stored, rtol=0, atol=0)
    assert stored.abs().max() > 0


def test_a_checkpoint_of_other_bases_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("fit") == 0
    content = torch.load(last(tmp_path), weights_only=True)
    content["hiface"]["bases"] -= 1
    torch.save(content, tmp_path / "old.ckpt")
    with pytest.raises(CheckpointError, match="bases"):
        load_reconstructor(tmp_path / "old.ckpt")


def test_test_prints_a_table_and_predict_writes_coefficients(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("fit")
    assert run("test", "--ckpt_path", last(tmp_path)) == 0
    assert "identity, rigid alignment" in capsys.readouterr().out
    assert (folder_of(tmp_path, "test") / "scores.json").is_file()
    assert run("predict", "--ckpt_path", last(tmp_path)) == 0
    arrays = np.load(folder_of(tmp_path, "predict") / "coefficients.npz")
    reconstruction = load_reconstructor(last(tmp_path))(samples_of([0, 1, 2, 3]).image)
    np.testing.assert_allclose(arrays["identity"][:4], reconstruction.coefficients.identity.detach(), atol=1e-5)
    assert arrays["identity"].shape == (8, 4)


def test_averages_are_what_a_checkpoint_gives_away(run: Run, tmp_path: Path) -> None:
    run("fit", AVERAGED)
    stored = content(last(tmp_path))
    name = "reconstructor.encoder.head.weight"
    assert not torch.equal(stored["state_dict"][name], stored["current_state"][name])
    torch.testing.assert_close(load_reconstructor(last(tmp_path)).encoder.head.weight, stored["state_dict"][name])


@pytest.mark.parametrize("damage", ["truncated", "text", "pickle", "foreign", "missing"])
def test_files_that_are_no_checkpoints_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bad.ckpt"
    if damage == "truncated":
        torch.save({"state_dict": {"x": torch.zeros(1000)}}, path)
        path.write_bytes(path.read_bytes()[:900])
    elif damage == "text":
        path.write_text("not a checkpoint")
    elif damage == "pickle":
        torch.save({"state_dict": Path("x"), "call": print}, path)
    elif damage == "foreign":
        torch.save({"state_dict": {}}, path)
    with pytest.raises(CheckpointError, match=r"bad\.ckpt"):
        load_reconstructor(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--model.reconstructor.face_model.seed", 1], "belongs to the face model tiny"),
        (["--model.reconstructor.encoder", f"{HERE}.OtherEncoder"], f"has {HERE}.TinyEncoder as encoder"),
        (["--model.reconstructor.detail", "hiface_pl.details.coarse_only.CoarseOnly"], "as detail, the configuration names"),
    ],
)
def test_checkpoints_of_other_parts_are_refused(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[object], sentence: str
) -> None:
    run("fit", "--trainer.max_steps", 1)
    assert run("fit", "--ckpt_path", last(tmp_path), *change) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("averaged", [[], [AVERAGED]])
def test_ctrl_c_leaves_a_checkpoint_to_go_on_from(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], averaged: list[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background
    assert run("fit", "--trainer.max_epochs", 9, "--data.interrupt_after", 22, *averaged) == 130
    path = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    message = capsys.readouterr().err.splitlines()[-1]
    step = content(path)["global_step"]
    resume = f"hiface-pl fit --config {folder_of(tmp_path) / 'config.yaml'} --ckpt_path {path}"
    assert message == f"hiface-pl: stopped by Ctrl-C after step {step}; go on with: {resume}"
    assert 4 <= step <= 6
    assert run("fit", "--trainer.max_epochs", 9, "--trainer.max_steps", step + 3, "--ckpt_path", path, *averaged) == 0
    assert content(last(tmp_path))["global_step"] == step + 3
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_during_validation_is_cut_short_and_resumes(run: Run, tmp_path: Path) -> None:
    assert run("fit", "--trainer.max_epochs", 9, "--data.interrupt_after", 6, "--data.samples", 8) == 130
    path = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    assert run("fit", "--trainer.max_epochs", 3, "--ckpt_path", path) == 0
    assert (content(last(tmp_path))["epoch"], content(last(tmp_path))["global_step"]) == (2, 6)


def test_sigterm_to_the_whole_group_leaves_a_checkpoint(config: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.training.run_suite", "fit", "--config", str(config), "--trainer.max_epochs", "100000"]
    command += ["--data.workers", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "HIFACE_RUN_FOLDER"}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "runs" / "tiny").glob("*/checkpoints/last.ckpt")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGTERM)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 143, error
    path = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    assert f"stopped by SIGTERM after step {content(path)['global_step']};" in error
    assert error.splitlines()[-1].endswith(f"--ckpt_path {path}")


def test_sigterm_before_the_first_batch(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", f"--trainer.callbacks+={HERE}.StoppedEarly") == 143
    again = f"start again with: hiface-pl fit --config {folder_of(tmp_path) / 'config.yaml'}"
    assert capsys.readouterr().err.splitlines()[-1] == f"hiface-pl: stopped by SIGTERM before the first batch; {again}"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
