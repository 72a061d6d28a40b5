import json
from pathlib import Path

import pytest
import yaml
from safetensors import safe_open

import hiface_pl.reconstructor
from hiface_pl.cli.main import main
from hiface_pl.training.loading import load_reconstructor, read_stored
from hiface_pl.training.weight_file import write_weight_file
from tests.training.suite import tiny_face_assets
from tests.training.weights import random_weights

SCORES = {
    "samples": 500,
    "static_amplitude_r2": 0.5,
    "results": {
        name: {"label": name, "unit": "mm", "error": 1.5, "baseline": 3.0}
        for name in ("identity_rigid", "identity_similarity", "expression", "landmarks", "pose")
    },
}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    return write_weight_file(random_weights(), tmp_path / "in.safetensors").path


def export(weights: Path, *options: object) -> int:
    return main(["export", str(weights), "--out", str(weights.with_name("out.safetensors")), *map(str, options)])


def test_half_the_bytes_and_nearly_the_same_answers(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(weights, "--half") == 0
    out = weights.with_name("out.safetensors")
    with safe_open(out, framework="pt") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {"torch.float16", "torch.float32"}  # noqa: SIM118
    load_reconstructor(out)
    said = capsys.readouterr()
    assert said.err.strip().splitlines()[-2:] == [str(out), str(out.with_suffix(".json"))]
    assert "largest change by rounding" in said.err


def test_scores_facts_and_licence_travel_with_the_weights(weights: Path) -> None:
    facts = {"cpu_seconds": 900.5, "commands": ["hiface-pl fit"], "note": "two stages"}
    weights.with_name("facts.yaml").write_text(yaml.safe_dump(facts))
    weights.with_name("scores.json").write_text(json.dumps(SCORES))
    assert (
        export(weights, "--facts", weights.with_name("facts.yaml"), "--scores", weights.with_name("scores.json"), "--licence", "MIT") == 0
    )
    stored = read_stored(weights.with_name("out.safetensors"))
    assert {name: stored.training[name] for name in facts} == facts
    assert stored.training["steps"] == 7
    assert stored.training["scores"]["results"]["pose"]["skill"] == 0.5
    assert stored.record.licence == "MIT; trained with the face model tiny (CC0-1.0)"
    card = json.loads(weights.with_name("out.json").read_text())
    assert card["training"] == stored.training
    assert card["bytes"] == weights.with_name("out.safetensors").stat().st_size


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ("cpu_second: 3", "cpu_second, which is no fact of a training record (did you mean cpu_seconds?)"),
        ("only text", "is no YAML or JSON mapping of facts"),
        (None, "is no YAML or JSON mapping of facts"),
    ],
)
def test_facts_that_are_none(weights: Path, capsys: pytest.CaptureFixture[str], facts: str | None, sentence: str) -> None:
    path = weights.with_name("facts.yaml")
    if facts is not None:
        path.write_text(facts)
    assert export(weights, "--facts", path) == 2
    assert sentence in capsys.readouterr().err
    assert not weights.with_name("out.safetensors").exists()


def test_another_suffix_is_a_mistake(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(weights), "--out", str(weights.with_name("out.ckpt"))]) == 2
    assert "does not end in .safetensors" in capsys.readouterr().err
