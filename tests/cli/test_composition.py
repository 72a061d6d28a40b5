from pathlib import Path

import pytest

from hiface_pl.cli.composition import compose
from hiface_pl.errors import ConfigError


@pytest.fixture
def write(tmp_path: Path):
    def file(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return file


def test_later_files_win_and_mappings_merge(write) -> None:
    a, b = write("a.yaml", "model: {x: 1, y: 2}\nlist: [1, 2]"), write("b.yaml", "model: {y: 3}\nlist: [9]")
    assert compose(["--config", a, f"--config={b}"]).content == {"model": {"x": 1, "y": 3}, "list": [9]}


def test_bases_come_first_relative_to_their_file(write) -> None:
    write("base.yaml", "a: 1\nb: 1\nc: 1")
    write("deep/middle.yaml", "base: ../base.yaml\nb: 2\nc: 2")
    row = write("row.yaml", "base: [deep/middle.yaml]\nc: 3")
    composed = compose(["-c", row])
    assert composed.content == {"a": 1, "b": 2, "c": 3}
    assert [file.name for file in composed.files] == ["base.yaml", "middle.yaml", "row.yaml"]


def test_a_circle_of_bases_is_a_mistake(write) -> None:
    a = write("a.yaml", "base: b.yaml")
    write("b.yaml", "base: a.yaml")
    with pytest.raises(ConfigError, match=r"circle \(a.yaml -> b.yaml -> a.yaml\)"):
        compose(["--config", a])


def test_the_same_base_twice_is_no_circle(write) -> None:
    write("base.yaml", "a: 1")
    row = write("row.yaml", "base: [base.yaml, base.yaml]")
    assert compose(["--config", row]).content == {"a": 1}


def test_a_swapped_class_inherits_nothing(write) -> None:
    a = write("a.yaml", "loss: {class_path: pkg.A, init_args: {weight: 2.0, depth: 3}}")
    b = write("b.yaml", "loss: {class_path: pkg.B, init_args: {norm: l2}}")
    assert compose(["-c", a, "-c", b]).content == {"loss": {"class_path": "pkg.B", "init_args": {"norm": "l2"}}}


def test_the_same_class_keeps_its_arguments(write) -> None:
    a = write("a.yaml", "loss: {class_path: pkg.A, init_args: {weight: 2.0, depth: 3}}")
    b = write("b.yaml", "loss: {class_path: pkg.A, init_args: {depth: 4}}")
    c = write("c.yaml", "loss: {init_args: {weight: 5.0}}")
    assert compose(["-c", a, "-c", b, "-c", c]).content["loss"]["init_args"] == {"weight": 5.0, "depth": 4}


def test_a_class_named_by_a_bare_string_takes_arguments_from_a_later_file(write) -> None:
    a, b = write("a.yaml", "loss: pkg.A"), write("b.yaml", "loss: {init_args: {weight: 2.0}}")
    assert compose(["-c", a, "-c", b]).content == {"loss": {"class_path": "pkg.A", "init_args": {"weight": 2.0}}}


@pytest.mark.parametrize("flag", [["--loss=pkg.B"], ["--loss", "pkg.B"], ["--loss.class_path=pkg.B"]])
def test_a_class_swapped_by_a_flag_inherits_nothing(write, flag: list[str]) -> None:
    a = write("a.yaml", "loss: {class_path: pkg.A, init_args: {weight: 2.0}}")
    assert compose([*flag, "-c", a]).content == {"loss": {"class_path": "pkg.B"}}


def test_a_class_switched_off_by_a_flag_leaves_no_arguments(write) -> None:
    a = write("a.yaml", "loss: {class_path: pkg.A, init_args: {weight: 2.0}}\nname: x")
    assert compose(["--loss", "null", "--name", "null", "-c", a]).content == {"loss": None, "name": "x"}


def test_flags_count_after_files_wherever_they_stand(write) -> None:
    a = write("a.yaml", "x: 1")
    composed = compose(["--x", "5", "--config", a, "--y=2"])
    assert composed.flags == ["--x", "5", "--y=2"]
    assert composed.content == {"x": 1}


def test_null_switches_off_and_plus_appends(write) -> None:
    a, b = write("a.yaml", "losses: {a: {w: 1}, b: {w: 2}}\ncallbacks: [one]"), write("b.yaml", "losses: {a: null}\ncallbacks+: [two]")
    assert compose(["-c", a, "-c", b]).content == {"losses": {"a": None, "b": {"w": 2}}, "callbacks": ["one", "two"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1", "not valid YAML"), ("- 1", "has to hold"), ("base: {x: 1}", "`base` in"), ("base: nothing.yaml", "no configuration")],
)
def test_files_that_cannot_be_used(write, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        compose(["--config", write("bad.yaml", text)])


def test_a_misspelt_file_names_the_closest(write, tmp_path: Path) -> None:
    write("full.yaml", "a: 1")
    with pytest.raises(ConfigError, match=r"did you mean .*full\.yaml"):
        compose(["--config", str(tmp_path / "ful.yaml")])
    with pytest.raises(ConfigError, match="--config needs a file"):
        compose(["--config"])


@pytest.fixture
def rows(write) -> dict[str, str]:
    """A base at two scales, and a row that switches off what the small scale weighs otherwise."""
    write("scale/paper.yaml", "epochs: 35\nlosses: {a: {class_path: pkg.A, init_args: {weight: 1.0}}}")
    write("scale/mini.yaml", "base: paper.yaml\nepochs: 1\nlosses: {a: {init_args: {weight: 3.0}}}")
    full = write("full.yaml", 'base: ["scale/{scale}.yaml"]\nname: full')
    return {"full": full, "row": write("row.yaml", "base: full.yaml\nname: row\nlosses: {a: null}")}


def test_a_scale_lies_beneath_the_rows(rows: dict[str, str]) -> None:
    assert compose(["-c", rows["full"]]).content["epochs"] == 35
    for flags in (["--scale", "mini"], ["--scale=mini"]):
        composed = compose([*flags, "-c", rows["row"]])
        assert composed.content == {"epochs": 1, "losses": {"a": None}, "name": "row"}
        assert composed.flags == []
        assert [file.name for file in composed.files] == ["paper.yaml", "mini.yaml", "full.yaml", "row.yaml"]


def test_a_scale_over_a_row_cannot_bring_back_half_of_what_is_off(rows: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`a` is switched off .* `--scale NAME`"):
        compose(["-c", rows["row"], "-c", str(tmp_path / "scale" / "mini.yaml")])


def test_scales_that_are_not_there_or_change_nothing(rows: dict[str, str], write) -> None:
    with pytest.raises(ConfigError, match=r"there is no configuration .*scale/min.yaml \(did you mean .*scale/mini.yaml"):
        compose(["-c", rows["full"], "--scale", "min"])
    with pytest.raises(ConfigError, match=r"--scale mini changes nothing"):
        compose(["-c", write("alone.yaml", "a: 1"), "--scale", "mini"])
    with pytest.raises(ConfigError, match="--scale needs a name, such as paper or mini"):
        compose(["-c", rows["full"], "--scale"])


def test_what_two_files_build_on_counts_once_where_it_stands_first(write) -> None:
    write("base.yaml", "a: 1\nb: 1")
    write("left.yaml", "base: base.yaml\na: 2")
    write("right.yaml", "base: base.yaml\nb: 2")
    row = write("row.yaml", "base: [left.yaml, right.yaml]")
    assert compose(["-c", row]).content == {"a": 2, "b": 2}
