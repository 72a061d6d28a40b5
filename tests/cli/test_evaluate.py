"""`hiface-pl evaluate realy`: exit codes, one sentence for what cannot be used, the table and the failures for what was measured."""

from pathlib import Path

import pytest

from hiface_pl.cli import evaluate_realy_action
from hiface_pl.cli.main import main
from hiface_pl.evaluation.realy.evaluate import evaluate_folder
from tests.evaluation.realy.world import quick_protocol, write_benchmark, write_predictions, write_template


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark of three, predictions and a template; the protocol is a stand-in, and runs in this process."""

    def here(*arguments, jobs, **options):
        return evaluate_folder(*arguments, **options, protocol=quick_protocol)

    monkeypatch.setattr(evaluate_realy_action.evaluate, "evaluate_folder", here)
    write_benchmark(tmp_path / "benchmark")
    write_predictions(tmp_path / "predictions", ["1", "2", "3"])
    write_template(tmp_path)
    return tmp_path


def command(folder: Path, *more: str, template: str = "cap.obj") -> list[str]:
    parts = {"--benchmark": "benchmark", "--predictions": "predictions", "--template": template, "--out": "out"}
    return ["evaluate", "realy", *(word for flag, name in parts.items() for word in (flag, str(folder / name))), *more]


def test_all_measured_is_0_and_prints_the_table(world, capsys):
    assert main(command(world)) == 0
    said = capsys.readouterr()
    assert "REALY frontal" in said.out
    assert "±" in said.out
    assert str(world / "out") in said.err


def test_a_failed_mesh_is_1_and_is_named_with_its_reason(world, capsys):
    (world / "predictions/2.obj").write_text("")
    (world / "predictions/3_1.obj").write_text("")
    assert main(command(world)) == 1
    said = capsys.readouterr()
    assert "2 meshes, 1" in " ".join(said.out.split())
    assert "failed: 2: it is empty" in said.err
    assert "1 meshes belong to the other view" in said.err


@pytest.mark.parametrize(
    ("more", "part", "said"),
    [
        ([], "benchmark", "Headspace"),
        ([], "benchmark/REALY_scan_region", "Headspace"),
        ([], "benchmark/metrical_scale.txt", "metrical_scale.txt"),
        ([], "predictions", "no folder of predictions"),
        ([], "cap.obj", "check the path"),
        ([], "cap.txt", "85 rows"),
        (["--view", "side"], "", "called like a side image"),
        (["--mask", "nothing.txt"], "", "nothing.txt"),
    ],
)
def test_what_cannot_be_used_is_2_and_one_sentence(world, capsys, more, part, said):
    if part:
        (world / part).rename(world / "elsewhere")
    assert main(command(world, *more)) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert error.splitlines()[-1].startswith("hiface-pl: ")


def test_a_folder_of_another_mode_is_2(world, capsys):
    assert main(command(world)) == 0
    assert main(command(world, "--mode", "strict")) == 2
    assert "results of another mode (official, not strict): name another output folder" in capsys.readouterr().err


def test_predictions_need_a_template_and_masks_one_from_a_file(world, capsys):
    bare = [word for word in command(world) if word not in {"--template", str(world / "cap.obj")}]
    assert main(bare) == 2
    assert "needs --template" in capsys.readouterr().err
    assert main([*bare, "--template", "open", "--mask", "mask.txt"]) == 2
    assert "belongs to a template from a file" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(world, capsys, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    def here(*arguments, jobs, **options):
        return evaluate_folder(*arguments, **options, protocol=stopped)

    monkeypatch.setattr(evaluate_realy_action.evaluate, "evaluate_folder", here)
    assert main(command(world)) == 130
    assert "give the same command to go on" in capsys.readouterr().err


def test_the_real_protocol_measures_in_processes_of_its_own(tmp_path, capsys):
    write_benchmark(tmp_path / "benchmark", 2)
    write_predictions(tmp_path / "predictions", ["1", "2"])
    write_template(tmp_path)
    assert main(command(tmp_path, "--jobs", "2", "--heatmaps")) == 0
    lines = (tmp_path / "out/REALY_error.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["1", "2"]
    assert all(0.05 < float(number) < 20 for line in lines for number in line.split("\t")[2:])
    assert (tmp_path / "out/heatmaps.png").is_file()
