import pytest
import torch

from tests.training.conftest import Run
from tests.training.suite import HERE

ENCODER = "--model.reconstructor.encoder"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([f"{ENCODER}.gian", 3], "TinyEncoder has no argument gian in model.reconstructor.encoder (did you mean gain?)"),
        (["--modle.render_size", 3], "there is no option --modle.render_size (did you mean --model.render_size?)"),
        (["--model.losse.static", "null"], "there is no option --model.losse.static (did you mean --model.losses?)"),
        (["--trainer.max_step", 3], "there is no option --trainer.max_step (did you mean --trainer.max_steps?)"),
        (["--data.samples", "many"], "data.samples is 'many', but it has to be of type int"),
        ([ENCODER, f"{HERE}.TinyEncodre"], f"names {HERE}.TinyEncodre, which does not exist (did you mean TinyEncoder?)"),
        ([ENCODER, f"{HERE}.TinyFace"], f"{HERE}.TinyFace does not correspond to a subclass of Encoder"),
        (["--data.folder", "nowhere"], "there is no train store nowhere: make it with"),
        ([ENCODER, f"{HERE}.NanEncoder"], "the loss static and age and identity is not finite on the batch of samples 0, 1, 2, 3"),
        (["--model.losses.landmark_head", "hiface_pl.losses.landmark.LandmarkHeadLoss"], "needs an encoder with a landmark head"),
        (["--ckpt_path", "nothing.ckpt"], "there is no checkpoint nothing.ckpt"),
    ],
)
def test_one_sentence_and_exit_code_2(run: Run, capsys: pytest.CaptureFixture[str], arguments: list[object], sentence: str) -> None:
    assert run("fit", *arguments) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("hiface-pl: ")
    assert sentence in message


def test_a_misspelt_key_in_a_file(run: Run, config, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text().replace("max_epochs", "max_epoch"))
    assert run("fit") == 2
    assert "there is no setting max_epoch in trainer (did you mean max_epochs?)" in capsys.readouterr().err


def test_measuring_needs_weights(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("test") == 2
    assert "test needs trained weights" in capsys.readouterr().err


def test_a_mistake_leaves_no_folder_behind(run: Run, tmp_path) -> None:
    run("fit", "--data.folder", "nowhere")
    assert not (tmp_path / "runs").exists()


def test_short_help_is_short(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--help") == 0
    assert len(capsys.readouterr().out.splitlines()) < 25


def test_missing_devices_are_told_before_data_is_looked_at(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert run("fit", "--trainer.accelerator", "gpu", "--trainer.devices", 8, "--data.folder", "nowhere") == 2
    assert "PyTorch finds no GPU" in capsys.readouterr().err.splitlines()[-1]
    assert run("fit", "--trainer.accelerator", "cpu", "--trainer.devices", 0) == 2
    assert "the trainer cannot be set up" in capsys.readouterr().err.splitlines()[-1]
