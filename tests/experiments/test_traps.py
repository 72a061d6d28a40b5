"""What the parser's own composition of files would get wrong without a word, one test a trap."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from hiface_pl.cli.composition import compose
from hiface_pl.cli.main import main
from hiface_pl.cli.resolving import Resolver
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.rows import FULL, ROOT

KL = "hiface_pl.losses.kl.IdentityDivergenceLoss"
Resolve = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver()


@pytest.fixture
def resolve(resolver: Resolver, tmp_path: Path) -> Resolve:
    """What the parser makes of full.yaml and these files over it."""

    def resolved(*texts: str) -> dict[str, Any]:
        files = [tmp_path / f"{number}.yaml" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        return resolver.resolve(compose(["-c", str(FULL), *(word for file in files for word in ("-c", str(file)))]).content)

    return resolved


def test_files_count_from_left_to_right_and_may_hold_one_deep_line(resolve: Resolve) -> None:
    encoder = "model: {reconstructor: {encoder: {init_args: {backbone: %s}}}}"
    found = resolve(encoder % "resnet18", encoder % "resnet34")["model"]["reconstructor"]["encoder"]
    assert found["class_path"] == "hiface_pl.encoders.pooled.PooledEncoder"
    assert found["init_args"]["backbone"] == "resnet34"
    assert found["init_args"]["weights"]["class_path"] == "hiface_pl.encoders.weights.ImageNetHub"


def test_a_flag_before_a_file_wins_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--trainer.max_epochs", "3", "--config", str(FULL), "--print_config"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["trainer"]["max_epochs"] == 3


def test_an_argument_that_the_new_class_does_not_know_is_no_secret(resolve: Resolve) -> None:
    swapped = f"model: {{losses: {{age: {{class_path: {KL}, init_args: {{norm: l2}}}}}}}}"
    with pytest.raises(ConfigError, match=r"IdentityDivergenceLoss has no argument norm"):
        resolve(swapped)


def test_an_argument_that_the_new_class_knows_too_does_not_wander(resolve: Resolve) -> None:
    found = resolve(f"model: {{losses: {{static: {{class_path: {KL}}}}}}}")["model"]["losses"]["static"]
    assert found == {"class_path": KL, "init_args": {"weight": 1.0}}


def test_one_loss_in_a_file_leaves_the_others(resolve: Resolve) -> None:
    before = resolve()["model"]["losses"]
    after = resolve("model: {losses: {age: {init_args: {weight: 0.3}}}}")["model"]["losses"]
    assert after.pop("age")["init_args"]["weight"] == 0.3
    before.pop("age")
    assert after == before


def test_null_switches_one_slot_off(resolve: Resolve) -> None:
    found = resolve("model: {losses: {age: null}}")["model"]["losses"]
    assert found["age"] is None
    assert found["static"] is not None


def test_lists_are_replaced_or_grow_as_a_file_says(resolve: Resolve) -> None:
    averaged = "{class_path: hiface_pl.training.averaging.AveragedWeights, init_args: {decay: %s}}"
    one, more = f"trainer: {{callbacks: [{averaged % 0.9}]}}", f"trainer: {{callbacks+: [{averaged % 0.8}]}}"
    assert [entry["init_args"]["decay"] for entry in resolve(one, more)["trainer"]["callbacks"]] == [0.9, 0.8]
    assert [entry["init_args"]["decay"] for entry in resolve(one, one)["trainer"]["callbacks"]] == [0.9]


def test_no_argument_is_linked_to_another() -> None:
    """The target of a link could be written in a file, and would be ignored."""
    sources = [path.read_text() for path in (ROOT / "hiface_pl").rglob("*.py")]
    assert sources
    assert not any("link_arguments(" in text for text in sources)
    assert not any("add_optimizer_args(" in text for text in sources)


def test_arguments_of_a_file_that_gives_no_class_do_not_vanish(resolve: Resolve) -> None:
    with pytest.raises(ConfigError, match="`init_from` is switched off"):
        resolve("init_from: {init_args: {row: hiface_c}}")
