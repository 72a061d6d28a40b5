"""Rows are carried out in order, whatever fails, stops or was done before."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from hiface_pl.cli.main import main
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.engines.local import LocalEngine
from hiface_pl.matrix.engines.named_engine import named_engine
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.prerequisites import missing_for
from hiface_pl.matrix.row_lock import is_worked_on, row_lock
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RECORD, RowRecord, State, record_for
from hiface_pl.matrix.runner import Runner
from hiface_pl.matrix.same_data import same_data
from hiface_pl.matrix.status import records_under, told
from hiface_pl.matrix.table import write_tables
from hiface_pl.matrix.twins import asked_rows

FAKE = (sys.executable, str(Path(__file__).parent / "fake_program.py"))
ROOT = Path(__file__).parents[2]
SCALE = "paper"
PARTS = "parts: [{source: encoder, target: encoder}]"
START = f"init_from: {{class_path: hiface_pl.training.starts.from_row.FromRow, init_args: {{row: %s, {PARTS}}}}}\n"
Rows = Callable[..., list[RowPlan]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """`rows("a", b="a")`: plans of a row `a` and of `b`, which starts from it."""

    def planned(*names: str, seed: int = 0, lines: str = "", **starts: str) -> list[RowPlan]:
        for name in (*names, *starts):
            text = START % starts[name] if name in starts else ""
            (tmp_path / f"{name}.yaml").write_text(f"name: {name}\ndata: null\n{text}{lines}")
        return Planner(tmp_path / "matrix", SCALE, seed, (), FAKE).all([str(tmp_path / f"{name}.yaml") for name in (*starts, *names)])

    return planned


def carry_out(plans: list[RowPlan], jobs: int = 1) -> tuple[int, str]:
    said = io.StringIO()
    code = Runner(plans, LocalEngine(jobs), Console(file=said, width=500, highlight=False)).run()
    return code, said.getvalue()


def finished(*plans: RowPlan) -> None:
    """As if these rows had been trained and tested."""
    for plan in plans:
        value = 11 + plan.seed
        regions = {name: {"mean": value / 10} for name in ("nose", "mouth", "forehead", "cheek")}
        scans = {"scans": "2 subjects", "coarse": {"regions": regions, "all": value / 10}}
        results = {"samples": 2, "results": {"pose": {"unit": "deg", "error": float(value)}}, "open_scans": scans}
        RowRecord(plan, State.DONE, attempts=1, results=results).write()


def state(plan: RowPlan) -> State:
    record = record_for(plan)
    assert record is not None
    return record.state


def test_a_failed_row_stops_no_other_and_a_finished_one_is_kept(rows: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = rows("good", "broken", child="broken", other="good")
    assert [plan.name for plan in plans] == ["broken", "child", "good", "other"]
    code, said = carry_out(plans, jobs=2)
    assert code == 1
    assert "broken (seed 0): failed: the loss [age] is not finite" in said
    assert "child (seed 0): waits for broken, which failed" in said
    states = {plan.name: state(plan) for plan in plans}
    assert states == {"broken": State.FAILED, "child": State.WAITING, "good": State.DONE, "other": State.DONE}
    record = record_for(plans[2])
    assert record is not None
    assert record.results["results"]["pose"]["error"] == 7
    assert yaml.safe_load((plans[2].folder / "row.yaml").read_text()) == plans[2].config
    assert record.environment["versions"]["torch"]
    assert "commit" not in record.results
    assert main(["matrix", "status", "--runs", str(tmp_path / "matrix"), "--scale", SCALE]) == 0
    shown = capsys.readouterr().out
    assert "failed: the loss [age] is not finite" in shown
    assert "waiting for broken" in shown
    before = (plans[2].folder / RECORD).read_text()
    code, said = carry_out(plans[2:])
    assert (code, said.count("done before")) == (0, 2)
    assert (plans[2].folder / RECORD).read_text() == before


def test_a_changed_row_is_trained_anew_and_the_former_one_kept(rows: Rows) -> None:
    finished(*rows("good"))
    (plan,) = rows("good", lines="trainer: {max_epochs: 3}\n")
    code, said = carry_out([plan])
    assert code == 0
    assert "trainer.max_epochs is 3, and was not there when it was trained" in said
    assert (Path(plan.runs) / ".former-good-1" / RECORD).is_file()
    assert len(list(plan.folder.glob("fit-*"))) == 1


def test_digests_follow_the_rows_that_a_row_starts_from(rows: Rows) -> None:
    one, two = rows("good", child="good")
    changed, child = rows("good", lines="trainer: {max_epochs: 3}\n"), rows(child="good")
    assert {plan.name: plan.digest for plan in child}["child"] != two.digest
    assert changed[0].digest != one.digest
    assert RowPlan.from_dict(json.loads(two.as_process()[-1])) == two


def test_rows_that_start_from_each_other_are_told(rows: Rows) -> None:
    with pytest.raises(ConfigError, match="start from each other"):
        rows(one="two", two="one")


def test_told_to_stop_rows_save_and_go_on(rows: Rows, tmp_path: Path) -> None:
    (plan,) = rows("slow")
    (tmp_path / "plans.json").write_text(f"[{plan.as_process()[-1]}]")
    runner = subprocess.Popen([sys.executable, "-m", "tests.matrix.run_plans", str(tmp_path / "plans.json")], cwd=ROOT)
    await_true(lambda: bool(list(plan.folder.glob("fit-*/checkpoints/last.ckpt"))))
    record = record_for(plan)
    assert record is not None
    assert told(record).startswith("running: training")
    runner.send_signal(signal.SIGINT)
    assert runner.wait(60) == 130
    assert state(plan) is State.STOPPED
    assert not is_worked_on(plan)
    code, said = carry_out([plan])
    assert code == 0
    assert "goes on where it was" in said
    assert "step 1\nstep 2" in plan.log.read_text()


@pytest.mark.slow
def test_a_training_whose_row_was_killed_keeps_the_row_to_itself(rows: Rows) -> None:
    """So nobody trains it twice at a time; once it is gone too, the row goes on from its checkpoint."""
    (plan,) = rows("slow")
    process = subprocess.Popen(plan.as_process())
    await_true(lambda: bool(list(plan.folder.glob("fit-*/checkpoints/last.ckpt"))))
    process.kill()
    process.wait()
    assert is_worked_on(plan)
    os.kill(holder(plan), signal.SIGKILL)
    await_true(lambda: not is_worked_on(plan))
    assert state(plan) is State.RUNNING
    assert "interrupted" in told(record_for(plan))  # type: ignore[arg-type]
    code, _ = carry_out([plan])
    assert code == 0
    record = record_for(plan)
    assert record is not None
    assert record.attempts == 2
    assert record.results["results"]["pose"]["error"] == len("slow") + 3


def holder(plan: RowPlan) -> int:
    """The process that still has the lock, found as a command line that names the row's runs."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if FAKE[1] in words and plan.runs in words:
            return int(entry.name)
    raise AssertionError("nobody has the row")


def await_true(condition: Callable[[], bool], seconds: float = 400) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_table_over_seeds_keeps_kinds_of_numbers_apart(rows: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished(*rows("hiface_c"), *rows("hiface_c", seed=2))
    (line,) = same_data(records_under(tmp_path / "matrix", SCALE), SCALE)
    assert line.errors is not None
    assert (line.seeds, line.faces["pose"].told(1)) == ((0, 2), "12.0 ± 1.4")
    assert line.errors["all"].told(2) == "1.20 ± 0.14"
    markdown, table, _ = (path.read_text() for path in write_tables([line], SCALE, tmp_path / "out"))
    head, row = table.splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert float(cells["same_data_scans_nose_mm"]) == pytest.approx(1.2)
    assert cells["published_realy_nose_mm"] == "1.054"
    assert "As published" in markdown
    assert main(["matrix", "table", "--runs", str(tmp_path / "matrix"), "--scale", SCALE]) == 0
    assert "Ours-c" in capsys.readouterr().out


def test_tables_are_put_where_a_page_names_them(rows: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished(*rows("hiface_c"), *rows("hiface_c", seed=2))
    page, runs = tmp_path / "page.md", ["--runs", str(tmp_path / "matrix"), "--scale", SCALE]
    named = "before\n<!-- matrix table: faces -->\nold\n<!-- end of matrix table -->\nafter\n"
    for text in (named, named.replace("old\n", "| older |\n")):
        page.write_text(text)
        assert main(["matrix", "table", "--into", str(page), *runs]) == 0
        assert page.read_text().startswith(
            "before\n<!-- matrix table: faces -->\nScale paper, same data: errors on held-out synthetic faces"
        )
        assert page.read_text().endswith("| hiface_c | 12.000 ± 1.414 |\n<!-- end of matrix table -->\nafter\n")
        assert "old" not in page.read_text()
    capsys.readouterr()
    page.write_text("no table\n")
    assert main(["matrix", "table", "--into", str(page), *runs]) == 2
    assert "page.md names no table: put `<!-- matrix table: scans -->`" in capsys.readouterr().err
    page.write_text(half := "<!-- matrix table: faces -->\nprecious\n")
    assert main(["matrix", "table", "--into", str(page), *runs]) == 2
    assert page.read_text() == half
    assert main(["matrix", "table", "--into", str(tmp_path / "none.md"), *runs]) == 2
    assert "none.md cannot be read" in capsys.readouterr().err


def test_a_row_of_another_scale_is_refused(rows: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plan,) = rows("good")
    finished(plan)
    other = ["--scale", "mini", "--runs", str(tmp_path / "none")]
    assert main(["matrix", "table", *other, "--also", str(plan.folder / RECORD)]) == 2
    assert "row.json is of scale paper, this table of scale mini" in capsys.readouterr().err
    assert main(["matrix", "status", *other]) == 2
    assert "no row of scale mini was begun" in capsys.readouterr().err


def test_mistakes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = ["--runs", str(tmp_path)]
    assert main(["matrix", "run", "sd22", *runs]) == 2
    assert "there is no row sd22: did you mean sd2" in capsys.readouterr().err
    assert main(["matrix", "run", "sd2", *runs, "--scale", "mni"]) == 2
    assert "mini.yaml" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="neither local, nor ray, nor the class path"):
        named_engine("cloud", 1)
    with pytest.raises(ConfigError, match="carries out nothing"):
        named_engine("local", 0)


def test_missing_data_of_a_large_scale_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["matrix", "run", "sd2", "--scale", "paper"]) == 2
    message = capsys.readouterr().err
    assert "there is no train store data/synth224/train: make it with `hiface-pl data synth --split train --count 200000" in message


def test_rows_under_two_names_are_one() -> None:
    asked = asked_rows(["full", "ablations", "table1"], "mini")
    other = {name: file.stem for name, file in asked.items() if file.stem != name}
    assert other["full"] == "hiface_d"
    assert other["wo_static"] == "hiface_d_wo_static"
    assert "sd2" in asked
    assert "sd2" not in other
    assert "anew" not in other
    assert asked_rows(["anew"], "paper")["anew"].stem == "hiface_d"  # all rows start alike there


def test_plans_name_their_start_and_what_they_need() -> None:
    plans = {plan.name: plan for plan in Planner(Path("runs"), "mini", 3).all(["wo_kl", "wo_dynamic"])}
    assert list(plans) == ["wo_kl", "hiface_c", "hiface_d_wo_dynamic"]
    assert plans["hiface_d_wo_dynamic"].needs == ("hiface_c",)
    assert [plan.start for plan in plans.values()] == [
        "shipped: encoder.reader.coarse",
        "shipped: encoder.reader.coarse, encoder.reader.correct",
        "hiface_c: encoder",
    ]
    words = plans["wo_kl"].command("fit")
    assert words[words.index("--seed_everything") + 1] == "3"
    assert words[words.index("--config") + 1] == "runs/mini/seed3/wo_kl/row.yaml"


def test_a_file_that_counts_after_rows_brings_what_it_builds_on() -> None:
    (plan,) = Planner(Path("runs"), "mini", 0, [ROOT / "experiments" / "logger" / "wandb.yaml"]).all(["sd2"])
    trainer = plan.config["trainer"]
    assert [each["class_path"].rpartition(".")[2] for each in trainer["logger"]] == ["CSVLogger", "OfflineWandb"]
    assert [each["class_path"].rpartition(".")[2] for each in trainer["callbacks"]] == ["AveragedWeights", "FacePanels"]


def test_missing_stores_and_scans_come_with_their_commands(tmp_path: Path) -> None:
    over = tmp_path / "over.yaml"
    over.write_text(f"data: {{init_args: {{train: {tmp_path}, val: {tmp_path / 'val'}, test: {tmp_path}}}}}\n")
    (plan,) = Planner(Path("runs"), "mini", 0, [over]).all(["sd2"])
    val, photos, scans = missing_for(plan)
    assert " ".join(val.command) == f"data synth --split val --count 200 --image-size 224 --out {tmp_path / 'val'}"
    assert " ".join(scans.command) == f"data open-scans --subjects 8 --out {tmp_path.parent / 'open-scans-8'}"
    assert " ".join(photos.command) == "data open-photos --image-size 224 --out data/mini224/photos"
    *_, seen, scans = missing_for(Planner(Path("runs"), "mini", 0, [over]).all(["wo_syn"])[0])
    assert " ".join(seen.command) == f"data prepare {tmp_path} --image-size 224 --sharp 0 --out data/mini224/train-seen"
    paper = [missing.command for missing in missing_for(Planner(Path("runs"), "paper", 0).all(["sd2"])[0])]
    assert ("data", "prepare", "PHOTOS", "--people", "--image-size", "224", "--out", "data/photos224/val") in paper
    assert [each.what for each in missing_for(Planner(Path("runs"), "paper", 0).all(["synthetic_only"])[0])].count("store of photos") == 1
    off = tmp_path / "off.yaml"
    off.write_text("scans: null\n")
    assert Planner(Path("runs"), "mini", 0, [over, off]).all(["sd2"])[0].scans == ""


def test_the_lock_ends_with_its_process(rows: Rows) -> None:
    (plan,) = rows("good")
    assert not is_worked_on(plan)
    with row_lock(plan):
        assert is_worked_on(plan)
    assert not is_worked_on(plan)
