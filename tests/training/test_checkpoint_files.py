"""Checkpoints are written whole or not at all, and what is damaged is refused with another one named."""

import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from hiface_pl.errors import CheckpointError, OutputError
from hiface_pl.training.checkpoint import read_checkpoint
from hiface_pl.training.checkpoint_io import WholeFiles
from hiface_pl.training.whole_checkpoint import damage, newest_whole, previous_of
from tests.training.conftest import Run
from tests.training.test_runs import folder_of

SIZE = 200_000


def checkpoint(value: float) -> dict:
    return {"state_dict": {"x": torch.full((SIZE // 4,), value)}}


def value(path: Path) -> float:
    return read_checkpoint(path)["state_dict"]["x"][0].item()


@pytest.fixture
def short_files() -> Iterator[None]:
    """No file may grow beyond a part of a checkpoint, as on a disk that is almost full."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE // 2, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_the_former_content_is_kept_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    for number in (1.0, 2.0, 3.0):
        WholeFiles().save_checkpoint(checkpoint(number), path)
    assert (value(path), value(previous_of(path))) == (3.0, 2.0)
    assert {file.name for file in tmp_path.iterdir()} == {"last.ckpt", "last-previous.ckpt"}


def test_where_links_are_unknown_the_former_content_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", unknown)
    path = tmp_path / "last.ckpt"
    for number in (1.0, 2.0):
        WholeFiles().save_checkpoint(checkpoint(number), path)
    assert (value(path), value(previous_of(path))) == (2.0, 1.0)


@pytest.mark.parametrize("position", [0.3, 0.5, 0.99])
def test_cut_and_altered_files_are_refused_and_the_previous_one_is_named(tmp_path: Path, position: float) -> None:
    path = tmp_path / "last.ckpt"
    for number in (1.0, 2.0):
        WholeFiles().save_checkpoint(checkpoint(number), path)
    whole = path.read_bytes()
    at = int(position * len(whole))
    for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
        path.write_bytes(broken)
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(path)
        assert f"go on with --ckpt_path {previous_of(path)}, which is whole" in str(caught.value)


def test_one_flipped_bit_in_the_weights_is_found(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint(checkpoint(1.0), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "check sum" in damage(path)


def test_the_newest_whole_one_is_found(tmp_path: Path) -> None:
    for number, name in enumerate(("best-3.ckpt", "last.ckpt", "interrupted.ckpt", ".last-x.ckpt")):
        torch.save(checkpoint(number), tmp_path / name)
        os.utime(tmp_path / name, (number, number))
    assert newest_whole(tmp_path) == tmp_path / "interrupted.ckpt"
    (tmp_path / "interrupted.ckpt").write_bytes(b"PK")
    os.utime(tmp_path / "interrupted.ckpt", (9, 9))
    assert newest_whole(tmp_path) == tmp_path / "last.ckpt"
    assert newest_whole(tmp_path / "nowhere") is None


@pytest.mark.usefixtures("short_files")
def test_a_full_disk_is_a_sentence_and_the_former_checkpoint_stays(tmp_path: Path) -> None:
    small = {"state_dict": {"x": torch.zeros(3)}}
    WholeFiles().save_checkpoint(small, tmp_path / "last.ckpt")
    with pytest.raises(OutputError, match=r"cannot be written \(File too large\): free some space; go on with --ckpt_path .*last"):
        WholeFiles().save_checkpoint(checkpoint(1.0), tmp_path / "last.ckpt")
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]
    assert damage(tmp_path / "last.ckpt") == ""


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("mount") is None, reason="mounting needs root")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    if os.system(f"mount -t tmpfs -o size=500k none {tmp_path} 2>/dev/null"):
        pytest.skip("this container may not mount")
    try:
        WholeFiles().save_checkpoint(checkpoint(1.0), tmp_path / "last.ckpt")
        WholeFiles().save_checkpoint(checkpoint(2.0), tmp_path / "last.ckpt")
        with pytest.raises(OutputError, match=r"\(No space left on device\)"):
            WholeFiles().save_checkpoint(checkpoint(3.0), tmp_path / "last.ckpt")
        assert (value(tmp_path / "last.ckpt"), value(tmp_path / "last-previous.ckpt")) == (2.0, 1.0)
    finally:
        os.system(f"umount {tmp_path}")


def test_a_training_on_a_full_disk_ends_with_exit_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = torch.save

    def full(content: dict, file: object) -> None:
        if content["global_step"] == 2:
            raise OSError(28, "No space left on device")
        saved(content, file)

    monkeypatch.setattr(torch, "save", full)
    assert run("fit", "--saving.every_steps", 1) == 2
    kept = folder_of(tmp_path) / "checkpoints" / "last.ckpt"
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith(f"hiface-pl: training stopped because the checkpoint {kept} cannot be written (No space left on device)")
    assert message.endswith(f"go on with --ckpt_path {kept}, which is whole")
    assert read_checkpoint(kept)["global_step"] == 1


def test_last_is_written_between_validations(run: Run, tmp_path: Path) -> None:
    assert run("fit", "--trainer.max_steps", 3, "--saving.every_steps", 2, "--trainer.limit_val_batches", 0) == 0
    folder = folder_of(tmp_path) / "checkpoints"
    assert (read_checkpoint(folder / "last.ckpt")["global_step"], read_checkpoint(folder / "last-previous.ckpt")["global_step"]) == (3, 2)
    always = ["--saving.every_steps", "null", "--saving.every_minutes", 0]
    assert run("fit", "--trainer.max_steps", 3, *always, "--trainer.limit_val_batches", 0) == 0
    assert read_checkpoint(folder_of(tmp_path) / "checkpoints" / "last-previous.ckpt")["global_step"] == 2


def test_a_resumed_run_knows_the_best_of_the_former(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still = ["--model.optimizer.lr", "0.0"]
    assert run("fit", "--trainer.max_epochs", 1, *still) == 0
    first = folder_of(tmp_path) / "checkpoints"
    assert run("fit", "--trainer.max_epochs", 2, *still, "--ckpt_path", first / "last.ckpt") == 0
    assert f"best checkpoint: {first / 'best-2.ckpt'}" in capsys.readouterr().out
    assert (first / "best-2.ckpt").is_file()
    assert not list((folder_of(tmp_path) / "checkpoints").glob("best*"))
