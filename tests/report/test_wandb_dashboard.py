"""The dashboard of a matrix: what its definition says, held against the schema of wandb-workspaces."""

import sys
from pathlib import Path
from typing import Any

import pytest
import wandb
from wandb_workspaces.reports.v2 import interface as reports
from wandb_workspaces.reports.v2 import internal

from hiface_pl.cli.main import main
from hiface_pl.cli.run_attributes import GROUP
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.row_record import RowRecord, State
from hiface_pl.training.offline_wandb import NETWORKED

LOSSES = {"static", "vertex", "age", "landmark"}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two rows with two seeds, one of them done."""
    for variable in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY"):
        monkeypatch.setenv(variable, "set, so that it is put back")
        monkeypatch.delenv(variable)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "settings"))
    for seed in (0, 2):
        for plan in Planner(tmp_path / "matrix", "paper", seed).all(["hiface_d", "sd2"]):
            measured = {"unit": "deg", "error": 1.0}
            RowRecord(plan, State.DONE if not seed else State.WAITING, results={"results": {"pose": measured}} if not seed else {}).write()
    return tmp_path / "matrix"


def made(runs: Path, *more: str) -> internal.ReportViewspec:
    assert main(["report", "wandb", "--scale", "paper", "--runs", str(runs), *more]) == 0
    return internal.ReportViewspec.model_validate_json((runs / "paper" / "dashboard.json").read_text())


def grids(model: internal.ReportViewspec) -> dict[str, reports.PanelGrid]:
    blocks = reports.Report._from_model(model).blocks
    titles = [block.text for block in blocks if isinstance(block, reports.H2)]
    return dict(zip(titles, (block for block in blocks if isinstance(block, reports.PanelGrid)), strict=True))


def drawn(grid: reports.PanelGrid) -> set[str]:
    return {metric.name for panel in grid.panels for metric in (getattr(panel, "y", None) or getattr(panel, "metrics", []))}


def test_the_definition_is_what_the_package_reads_and_has_every_panel(runs: Path) -> None:
    model = made(runs, "--project", "mine")
    assert model.project.name == "mine"
    found = grids(model)
    assert {f"{stage}/{name}" for stage in ("train", "val") for name in {"loss", *LOSSES}} <= drawn(found["Losses"])
    regions = {f"realy/{kind}/{region}" for kind in ("coarse", "detail") for region in ("nose", "mouth", "forehead", "cheek", "all")}
    assert drawn(found["REALY's protocol on open-scans, mm"]) == regions
    assert drawn(found["Held-out faces"]) == {"val/skill", "val/pose_deg"}
    assert drawn(found["Results"]) == {"test/skill", "test/pose_deg"} | regions
    table = [panel for panel in found["Results"].panels if isinstance(panel, reports.WeavePanelSummaryTable)]
    assert [panel.table_name for panel in table] == ["results"]
    media = [panel.media_keys for panel in found["The same faces"].panels]
    assert media == [["faces"], ["meshes/face-0-coarse", "meshes/face-0-detailed"]]


def test_sets_of_runs_are_chosen_as_runs_are_named(runs: Path) -> None:
    model = made(runs)
    rows = [grid for grid in model.spec.blocks if isinstance(grid, internal.PanelGrid)]
    losses, single = rows[1].metadata.run_sets, rows[-1].metadata.run_sets
    assert [each.name for each in losses] == ["hiface_d", "sd2"]
    chosen = {entry["key"]["name"]: entry["value"] for entry in losses[1].filters["filters"]}
    assert chosen == {"group": f"{GROUP}-paper", "jobType": "fit", "tags": ["sd2"]}
    assert [each.name for each in single] == ["hiface_d, seed 0", "hiface_d, seed 2", "sd2, seed 0", "sd2, seed 2"]
    assert [entry["value"] for entry in single[-1].filters["filters"]][2:] == [["sd2"], ["seed2"]]


def test_online_it_is_created_and_its_address_printed(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved: list[Any] = []

    def save(report: reports.Report) -> reports.Report:
        report.id = "abc"
        saved.append(report.entity)
        return report

    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_ENTITY", "team")
    monkeypatch.setattr(wandb, "login", lambda **_: True)
    monkeypatch.setattr(reports.Report, "save", save)
    monkeypatch.setattr(reports.Report, "url", property(lambda report: f"address of {report.id}"))
    made(runs)
    assert saved == ["team"]
    assert capsys.readouterr().out.endswith("address of abc\n")
    assert "online" in NETWORKED


def test_without_a_login_or_a_server_it_goes_on_and_says_so(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(runs)
    assert "not sent: give the command with WANDB_MODE=online" in capsys.readouterr().out
    monkeypatch.setenv("WANDB_MODE", "online")
    made(runs)
    assert "W&B stays offline: there is no login on this machine" in capsys.readouterr().out

    def unreachable(**_: object) -> bool:
        raise wandb.errors.CommError("no answer")

    monkeypatch.setattr(wandb, "login", unreachable)
    made(runs)
    assert "W&B stays offline: no answer" in capsys.readouterr().out


def test_mistakes_are_one_sentence(runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "wandb", "--runs", str(runs), "--scale", "mini"]) == 2
    assert f"no row of scale mini was begun under {runs}: give `hiface-pl matrix run` first" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "wandb_workspaces.reports.v2", None)
    monkeypatch.delitem(sys.modules, "hiface_pl.report.wandb_dashboard", raising=False)
    assert main(["report", "wandb", "--runs", str(runs), "--scale", "paper"]) == 2
    assert "needs wandb-workspaces, which is not installed: give `pip install 'hiface-pl[wandb]'`" in capsys.readouterr().err
