"""Pictures of validation faces: what is drawn, when, and that a training does not notice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hiface_pl.report.face_panel import PanelMaker
from hiface_pl.types import FaceBatch, Reconstruction
from tests.inference.faces import tiny_reconstructor
from tests.losses.faces import SIZE, batch_of
from tests.tiny import tiny_assets
from tests.training.compare import differences
from tests.training.conftest import Run
from tests.training.suite import HERE
from tests.training.test_runs import AVERAGED, content, folder_of, last

PANELS = ["--trainer.callbacks+=hiface_pl.training.face_panels.FacePanels", "--trainer.callbacks.tile=32", "--trainer.callbacks.faces=2"]
SMALL = ["--model.reconstructor.image_size", SIZE]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> tuple[PanelMaker, FaceBatch, Reconstruction]:
    network = tiny_reconstructor(monkeypatch)
    batch = batch_of(tiny_assets(), 2)
    with torch.no_grad():
        return PanelMaker(network, 48), batch, network(batch.image)


def test_a_line_shows_all_stages(found: tuple[PanelMaker, FaceBatch, Reconstruction]) -> None:
    maker, batch, guess = found
    lines = maker.lines(batch, guess)
    captions = [tile.caption for tile in lines[1]]
    assert captions[:5] == ["face 1", "overlay", "coarse", "+ static detail", "+ static and dynamic"]
    assert captions[-2:] == ["albedo", "error, 0 to 5 mm"]
    coarse, static = (lines[1][place].pixels.astype(int) for place in (2, 3))
    assert np.abs(coarse - static).max() > 0
    albedo = lines[1][-2].pixels[24, 24] / 255
    tinted = guess.coefficients.albedo[1].numpy() @ tiny_assets().albedo.basis[:, :, 16, 16] + tiny_assets().albedo.mean[:, 16, 16]
    np.testing.assert_allclose(albedo, tinted ** (1 / 2.2), atol=0.12)


def test_errors_are_blue_where_there_are_none_and_warm_where_they_are_large(found: tuple[PanelMaker, FaceBatch, Reconstruction]) -> None:
    maker, batch, guess = found
    truth = maker.truth.shape(batch.labels.coefficients), maker.truth(batch.labels)
    exact = replace(guess, shape=truth[0], detail=truth[1])
    moved = truth[0].expressive + torch.randn(truth[0].expressive.shape, generator=torch.Generator().manual_seed(0)) * 20
    wrong = replace(exact, shape=replace(truth[0], expressive=moved))
    right, off = (maker.lines(batch, each)[0][-1].pixels[20:28, 20:28].reshape(-1, 3).mean(axis=0) for each in (exact, wrong))
    assert right[2] > 100 > 60 > right[0]
    assert off[0] > off[2]


def test_faces_without_truth_have_no_picture_of_errors(found: tuple[PanelMaker, FaceBatch, Reconstruction]) -> None:
    maker, batch, guess = found
    batch = replace(batch, labels=replace(batch.labels, has_geometry=torch.tensor([False, True])))
    assert [line[-1].caption for line in maker.lines(batch, guess)] == ["albedo", "error, 0 to 5 mm"]


def test_sheets_are_written_every_so_many_validations(run: Run, tmp_path: Path) -> None:
    assert run("fit", *SMALL, *PANELS, "--trainer.callbacks.every=2", "--trainer.max_epochs", 4) == 0
    folder = folder_of(tmp_path) / "faces"
    assert {path.name for path in folder.iterdir()} == {"step-000004.png", "step-000008.png"}
    sheet = Image.open(folder / "step-000004.png")
    assert sheet.size == (14 + 8 * (32 + 14), 52 + 2 * (32 + 34 + 14))
    assert run("test", *SMALL, *PANELS, "--ckpt_path", last(tmp_path)) == 0
    assert len(list((folder_of(tmp_path, "test") / "faces").glob("step-*.png"))) == 1


def test_drawing_changes_no_training_and_resumes_exactly(run: Run, tmp_path: Path) -> None:
    network = [AVERAGED, "--model.reconstructor.encoder", f"{HERE}.DropoutEncoder", *SMALL]
    length = ["--data.samples", 18, "--trainer.max_epochs", 2]
    assert run("fit", *network, *length) == 0
    plain = content(last(tmp_path))
    assert run("fit", *network, *PANELS, *length, "--trainer.callbacks.every=2") == 0
    whole = last(tmp_path)
    for name, value in plain["state_dict"].items():
        assert torch.equal(content(whole)["state_dict"][name], value)
    assert run("fit", *network, *PANELS, *length, "--trainer.callbacks.every=2", "--data.interrupt_after", 20) == 130
    interrupted = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    assert run("fit", *network, *PANELS, *length, "--trainer.callbacks.every=2", "--ckpt_path", interrupted) == 0
    assert [path.name for path in (folder_of(tmp_path) / "faces").iterdir()] == [f"step-{content(whole)['global_step']:06d}.png"]
    assert differences(whole, last(tmp_path)) == []


def test_no_faces_is_a_mistake(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", *SMALL, *PANELS, "--trainer.callbacks.faces=0") == 2
    assert "faces, every and tile are positive numbers" in capsys.readouterr().err.splitlines()[-1]
