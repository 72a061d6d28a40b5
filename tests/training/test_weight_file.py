from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import hiface_pl.reconstructor
from hiface_pl.errors import CheckpointError
from hiface_pl.training.loading import load_reconstructor, read_stored
from hiface_pl.training.probe import probe_image, take_probe
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.weight_file import halved, write_weight_file
from tests.training.suite import TinyEncoder, tiny_face_assets
from tests.training.weights import random_weights


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> StoredReconstructor:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    return random_weights()


def test_a_weight_file_gives_back_the_network(stored: StoredReconstructor, tmp_path: Path) -> None:
    written = write_weight_file(stored, tmp_path / "mini.safetensors")
    assert (written.record, written.probe, written.training, written.step) == (stored.record, stored.probe, {"steps": 7}, 7)
    network = load_reconstructor(tmp_path / "mini.safetensors")
    assert not network.training
    assert network.encoder.gain == 0.5
    for name, value in network.state_dict().items():
        assert torch.equal(value, stored.weights[name]), name


def test_the_name_of_a_file_does_not_matter(stored: StoredReconstructor, tmp_path: Path) -> None:
    write_weight_file(stored, tmp_path / "mini.ckpt")
    assert read_stored(tmp_path / "mini.ckpt").record == stored.record


def test_half_keeps_vectors_and_what_16_bits_cannot_hold(stored: StoredReconstructor, tmp_path: Path) -> None:
    weights = {"matrix": torch.randn(4, 4), "vector": torch.randn(4), "large": torch.full((2, 2), 1e6), "count": torch.tensor(3)}
    assert [value.dtype for value in halved(weights).values()] == [torch.float16, torch.float32, torch.float32, torch.int64]
    network = replace(stored, weights=halved(stored.weights), probe={}).network()
    half = replace(stored, weights=halved(stored.weights), probe=take_probe(network))
    write_weight_file(half, tmp_path / "half.safetensors")
    read = load_reconstructor(tmp_path / "half.safetensors").encoder.head.weight
    assert read.dtype == torch.float32
    torch.testing.assert_close(read, stored.weights["encoder.head.weight"], rtol=6e-4, atol=1e-6)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def flipped_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 64
    path.write_bytes(bytes(data))


def foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def other_record(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        texts = dict(file.metadata())
    save_file(load_file(path), path, texts | {"hiface": texts["hiface"].replace("0.5", "5.0")})


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (truncated, "is not a whole weight file"),
        (cut_in_the_header, "is not a whole weight file"),
        (flipped_bit, "is damaged"),
        (foreign, "does not say of which network"),
        (other_record, "is damaged"),
        (lambda path: path.write_bytes(b""), "is not a whole checkpoint"),
        (lambda path: path.unlink(), "there is no checkpoint"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    stored: StoredReconstructor, tmp_path: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    path = tmp_path / "mini.safetensors"
    write_weight_file(stored, path)
    damage(path)
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load_reconstructor(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_of_another_size_are_refused(stored: StoredReconstructor, tmp_path: Path) -> None:
    weights = {name: value for name, value in stored.weights.items() if name != "encoder.head.bias"}
    write_weight_file(replace(stored, weights=weights), tmp_path / "mini.safetensors")
    with pytest.raises(CheckpointError, match=r"do not fit the network .*encoder\.head\.bias"):
        load_reconstructor(tmp_path / "mini.safetensors")


def test_another_face_model_is_refused(stored: StoredReconstructor, tmp_path: Path) -> None:
    write_weight_file(replace(stored, record=replace(stored.record, fingerprint="0123456789abcdef")), tmp_path / "mini.safetensors")
    with pytest.raises(CheckpointError, match="belongs to the face model tiny"):
        load_reconstructor(tmp_path / "mini.safetensors")


def test_code_that_means_something_else_by_the_weights_is_refused(
    stored: StoredReconstructor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_weight_file(stored, tmp_path / "mini.safetensors")
    forward = TinyEncoder.forward
    monkeypatch.setattr(TinyEncoder, "forward", lambda self, image: forward(self, 1.02 * image))
    with pytest.raises(CheckpointError, match=r"computes something else .* is off by"):
        load_reconstructor(tmp_path / "mini.safetensors")


def test_an_answer_that_is_gone_is_a_difference(stored: StoredReconstructor) -> None:
    with pytest.raises(CheckpointError, match=r"\(heights is off by inf %\)"):
        replace(stored, probe={**stored.probe, "heights": [1.0]}).network()


def test_the_probe_covers_every_part_of_the_answer(stored: StoredReconstructor) -> None:
    probed = set(stored.probe)
    assert {"encoded.coefficients.identity", "encoded.coefficients.pose.rotation", "shape.expressive", "detail.static", "age"} <= probed
    assert max(map(len, stored.probe.values())) <= 96


def test_the_probe_image_is_the_same_everywhere() -> None:
    image = probe_image(64)
    assert image.shape == (1, 3, 64, 64)
    assert image.mean().item() == pytest.approx(0.46176, abs=1e-4)
    assert image.std().item() > 0.1
