"""What test and predict measure is what the file holds."""

from pathlib import Path

import numpy as np
import pytest

from hiface_pl.training.loading import load_reconstructor, read_stored
from hiface_pl.training.weight_file import write_weight_file
from tests.losses.faces import SIZE
from tests.training.conftest import Run
from tests.training.suite import HERE, samples_of
from tests.training.weights import random_weights

OTHERS = [
    "--model.reconstructor.encoder",
    f"{HERE}.OtherEncoder",
    "--model.reconstructor.detail",
    "hiface_pl.details.coarse_only.CoarseOnly",
]


@pytest.fixture
def weights(run: Run, tmp_path: Path) -> Path:
    return write_weight_file(random_weights(), tmp_path / "mini.safetensors").path


def newest(tmp_path: Path, pattern: str) -> Path:
    return max((tmp_path / "runs" / "tiny").glob(pattern), key=lambda path: path.stat().st_mtime)


def table(said: str) -> list[str]:
    return [line for line in said.splitlines() if "│" in line]


def test_a_weight_file_is_measured_whatever_the_configuration_names(
    run: Run, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("test", "--ckpt_path", weights, "--model.reconstructor.image_size", SIZE) == 0
    plain = capsys.readouterr().out
    assert "static map" in plain
    assert "not as configured" not in plain
    assert run("test", "--ckpt_path", weights, *OTHERS) == 0
    told = capsys.readouterr().out
    assert f"measured as stored in {weights}, not as configured: TinyEncoder as encoder, SDDetail as detail, {SIZE} as image_size" in told
    assert table(told) == table(plain) != []
    assert f"{HERE}.TinyEncoder" in (newest(tmp_path, "test-*") / "config.yaml").read_text()


def test_predictions_are_those_of_the_file(run: Run, weights: Path, tmp_path: Path) -> None:
    assert run("predict", "--ckpt_path", weights, *OTHERS) == 0
    arrays = np.load(newest(tmp_path, "predict-*/coefficients.npz"))
    reconstruction = load_reconstructor(weights)(samples_of([0, 1, 2, 3]).image)
    np.testing.assert_allclose(arrays["identity"][:4], reconstruction.coefficients.identity.detach(), atol=1e-5)
    assert np.abs(arrays["identity"]).max() > 0.01


def test_a_checkpoint_scores_as_its_export(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit") == 0
    checkpoint = newest(tmp_path, "fit-*/checkpoints/last.ckpt")
    exported = write_weight_file(read_stored(checkpoint), tmp_path / "same.safetensors").path
    tables = []
    for path in (checkpoint, exported):
        capsys.readouterr()
        assert run("test", "--ckpt_path", path) == 0
        tables.append(table(capsys.readouterr().out))
    assert tables[0] == tables[1] != []


def test_weights_alone_cannot_be_trained_on(run: Run, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--ckpt_path", weights) == 2
    assert "holds weights alone, no training to go on with" in capsys.readouterr().err


def test_a_damaged_file_is_told(run: Run, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights.write_bytes(weights.read_bytes()[:-9])
    assert run("test", "--ckpt_path", weights) == 2
    assert "is not a whole weight file" in capsys.readouterr().err.splitlines()[-1]
