"""A new part edits no existing file: a user's own encoder, detail head, face model and loss train by YAML alone."""

from pathlib import Path

import pytest
import torch

import hiface_pl.reconstructor
from hiface_pl.cli.main import main
from hiface_pl.training.loading import load_reconstructor
from tests.outside.parts import FlatDetail, MeanColourEncoder
from tests.training.suite import tiny_face_assets, write_config

ROW = """
base: tiny.yaml
name: mine
trainer: {max_steps: 2}
model:
  reconstructor:
    face_model: {class_path: tests.outside.parts.PatchFace}
    encoder: {class_path: tests.outside.parts.MeanColourEncoder, init_args: {hidden: 6}}
    detail: {class_path: tests.outside.parts.FlatDetail}
  losses:
    extra: {class_path: tests.outside.parts.SmallTranslation, init_args: {weight: 0.1}}
"""


def test_parts_from_outside_train_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    monkeypatch.delenv("HIFACE_RUN_FOLDER", raising=False)
    write_config(tmp_path)
    row = tmp_path / "row.yaml"
    row.write_text(ROW)
    assert main(["fit", "--config", str(row)]) == 0
    (folder,) = (tmp_path / "runs" / "mine").iterdir()
    assert "train/extra" in (folder / "metrics.csv").read_text().splitlines()[0]
    reconstructor = load_reconstructor(folder / "checkpoints" / "last.ckpt")
    assert isinstance(reconstructor.encoder, MeanColourEncoder)
    assert reconstructor.encoder.hidden == 6
    assert isinstance(reconstructor.detail, FlatDetail)
    assert reconstructor.detail.height.abs() > 0
    assert torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 2
