"""The check of rows finds what it is for, and every file of the checkout passes it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from hiface_pl.cli.config_actions import require_minimal_for_the_parser
from hiface_pl.cli.main import main
from hiface_pl.cli.resolving import Resolver, drifted
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.leaves import MISSING, at, differences, holds, leaves, same
from hiface_pl.matrix.minimality import RowOnBase, complaints, inherited, require_minimal, scales_of
from hiface_pl.matrix.rows import BASE, EXPERIMENTS, FULL, every_yaml, row_file

DETAIL = ("model", "reconstructor", "detail")
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def row(text: str, name: str = "row.yaml") -> Path:
        path = tmp_path / name
        path.write_text(f"base: {FULL}\n{text}")
        return path

    return row


def test_every_yaml_is_minimal_as_composed_and_for_the_parser() -> None:
    rows = [RowOnBase.read(file, scale) for file in every_yaml() if file != BASE for scale in scales_of(file)]
    assert {row.scale for row in rows} == {"paper", "mini"}
    for row in rows:
        require_minimal(row)
    require_minimal_for_the_parser(rows)


def test_rows_change_the_leaves_that_they_are_about() -> None:
    changed = {name: {".".join(place) for place in RowOnBase.read(row_file(name), "mini").changed} for name in ("sd2", "wo_kd", "wo_kl")}
    assert changed["sd2"] == {"name", "model.reconstructor.detail.class_path"}
    age = "model.losses.age"
    assert changed["wo_kd"] == {"name", age, f"{age}.class_path", f"{age}.init_args.weight"}
    assert all(place == "name" or place.startswith("model.losses.divergence") for place in changed["wo_kl"])


def test_leaves_and_their_differences() -> None:
    one, other = {"a": {"b": 1, "c": [1, 2]}, "d": {}}, {"a": {"b": "1.0", "c": [1]}, "e": None}
    assert leaves(one) == {("a", "b"): 1, ("a", "c"): [1, 2], ("d",): {}}
    assert differences(one, other) == {("a", "c"): ([1, 2], [1]), ("d",): ({}, MISSING), ("e",): (MISSING, None)}
    assert at(one, ("a", "b", "c")) is MISSING


def test_values_that_yaml_and_parser_write_differently_are_the_same() -> None:
    assert same("1e-4", 0.0001)
    assert same((1, 2), [1, 2])
    assert same(Path("runs"), "runs")
    assert not same(True, 1)
    assert not same(None, "None")
    assert not same(0, False)
    assert holds({"class_path": "pkg.A", "init_args": {"weight": 2.0}}, "pkg.A")
    assert holds({"class_path": "pkg.A", "init_args": {"weight": 2.0, "depth": 1}}, {"weight": 2})
    assert not holds({"class_path": "pkg.A", "init_args": {"weight": 2.0}}, {"class_path": "pkg.B"})
    assert not holds([1, 2], [1])


def test_a_leaf_that_nothing_reads_is_named(write: Write, resolver: Resolver) -> None:
    """Such as the target of a link between arguments, which a parser computes itself."""
    row = RowOnBase.read(write("model: {losses: {age: {init_args: {weight: 0.2}}}}"))
    require_minimal(row)
    found = resolver.resolve(row.row)
    require_minimal(row, resolver.resolve(row.base), found)
    dropped = {**found, "model": {**found["model"], "losses": {**found["model"]["losses"], "age": None}}}
    with pytest.raises(ConfigError, match=r"it writes model\.losses\.age\.init_args\.weight, which nothing reads"):
        require_minimal(row, resolver.resolve(row.base), dropped)


def test_a_leaf_that_does_not_hold_is_named(write: Write) -> None:
    row = RowOnBase.read(write("trainer: {max_epochs: 3}"))
    other = {**row.row, "trainer": {**row.row["trainer"], "max_epochs": 4}}
    with pytest.raises(
        ConfigError, match=r"row\.yaml is not minimal at scale paper: it writes trainer\.max_epochs = 3, but what holds is 4"
    ):
        require_minimal(row, row.base, other)


def test_a_leaf_that_moves_by_itself_is_named(write: Write) -> None:
    row = RowOnBase.read(write("trainer: {max_epochs: 3}"))
    other = {**row.row, "seed_everything": 1}
    with pytest.raises(ConfigError, match=r"seed_everything changes from 0 to 1, which it does not write"):
        require_minimal(row, row.base, other)


def test_an_argument_that_a_swapped_class_inherits_is_named(write: Write, resolver: Resolver) -> None:
    row = RowOnBase.read(write("model: {reconstructor: {detail: {class_path: hiface_pl.details.decoded_static.DecodedStatic}}}"))
    assert not list(inherited(row))
    kept = {"class_path": "hiface_pl.details.decoded_static.DecodedStatic", "init_args": {"hidden": [8]}}
    reconstructor = {**row.row["model"]["reconstructor"], "detail": kept}
    wandered = RowOnBase(
        row.file, row.scale, row.written, row.base, {**row.row, "model": {**row.row["model"], "reconstructor": reconstructor}}
    )
    assert any("inherits model.reconstructor.detail.init_args.hidden" in text for text in inherited(wandered))
    found = resolver.resolve(row.row)
    assert not list(drifted(row, found))
    assert at(found, (*DETAIL, "init_args", "hidden")) == [256, 256]
    moved = {**found["model"]["reconstructor"], "detail": {"class_path": kept["class_path"], "init_args": {"hidden": [8], "tension": None}}}
    (text,) = drifted(row, {**found, "model": {**found["model"], "reconstructor": moved}})
    assert "model.reconstructor.detail.init_args.hidden is [8]" in text


def test_lists_that_grow_hold_at_their_end(write: Write) -> None:
    logger = "{class_path: hiface_pl.training.offline_wandb.OfflineWandb, init_args: {project: x}}"
    row = RowOnBase.read(write(f"trainer: {{logger+: [{logger}]}}"))
    assert not list(complaints(row, row.base, row.row))
    assert len(row.row["trainer"]["logger"]) == 2


def test_overlays_are_held_against_full() -> None:
    row = RowOnBase.read(EXPERIMENTS / "scale" / "bf16.yaml")
    assert row.changed == [("trainer", "precision")]


def test_check_names_the_file_and_exits_with_2(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("model: {losses: {age: {init_args: {weihgt: 0.2}}}}")
    assert main(["config", "check", str(path)]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert f"{path} cannot be used at scale paper: AgeLoss has no argument weihgt" in message
    assert "did you mean weight?" in message


def test_unknown_names_offer_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "sd4"]) == 2
    assert "there is no row sd4: did you mean sd" in capsys.readouterr().err
    assert main(["config", "diff", "hiface_d", "wo_lk"]) == 2
    assert "did you mean wo_kl" in capsys.readouterr().err
    assert main(["config", "check", "sd2", "--scale", "mni", "--composed"]) == 2
    assert "mini.yaml" in capsys.readouterr().err


def test_diff_of_two_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "diff", "full", "sd2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    detail = "hiface_pl.details.sd_detail.SDDetail' -> 'hiface_pl.details.decoded_poles.DecodedPoles"
    assert lines[0] == "name: 'full' -> 'sd2'"
    assert lines[1] == f"model.reconstructor.detail.class_path: '{detail}'"
    assert lines[2] == "2 leaves differ between full and sd2"


def test_diff_of_a_run_with_a_row_knows_defaults(tmp_path: Path, resolver: Resolver, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "fit-1"
    folder.mkdir()
    content = resolver.resolve(RowOnBase.read(row_file("sd2"), "mini").row)
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    assert main(["config", "diff", str(folder), "sd2", "--scale", "mini"]) == 0
    assert "say the same" in capsys.readouterr().out
    assert main(["config", "diff", str(folder), str(folder)]) == 0
    assert main(["config", "diff", str(folder), "wo_kd", "--scale", "mini"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "model.losses.age.class_path: 'hiface_pl.losses.age.AgeLoss' -> not there" in lines
    assert main(["config", "diff", str(tmp_path), "sd2"]) == 2
    assert "is no folder of a run" in capsys.readouterr().err
