"""A whole evaluation with a stand-in for the protocol: rows, failures, files, resume after SIGKILL, refused folders, full disks."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hiface_pl.errors import EvaluationError, OutputError
from hiface_pl.evaluation.realy import finished
from hiface_pl.evaluation.realy.heat_maps import heat_colours
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.result_files import cut
from hiface_pl.evaluation.realy.result_table import title
from hiface_pl.meshes.read_obj import read_obj
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from tests.evaluation.realy.world import evaluated, quick_protocol, write_benchmark, write_predictions

SUBJECTS = 12
RESULTS = ("REALY_error.txt", "meshes.csv", "summary.json", "settings.json")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve subjects, a prediction of each, and what one run says about them."""
    folder = tmp_path_factory.mktemp("world")
    write_benchmark(folder / "benchmark", SUBJECTS)
    write_predictions(folder / "predictions", [str(k + 1) for k in range(SUBJECTS)])
    evaluated(folder)
    return folder


@pytest.fixture
def world(whole: Path, tmp_path: Path) -> Path:
    """The same without results."""
    return Path(shutil.copytree(whole, tmp_path / "world", ignore=shutil.ignore_patterns("out")))


def results(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "out" / name).read_bytes() for name in RESULTS}


def never(*_):
    raise AssertionError("computed what was there, or before all was checked")


def failing_protocol(vertices, template, scan, mode, keep_fits):
    if scan.subject == 2:
        raise EvaluationError("a region has no faces")
    if scan.subject == 3:
        raise np.linalg.LinAlgError("singular")
    result = quick_protocol(vertices, template, scan, mode, keep_fits)
    return result if scan.subject != 4 else type(result)(dict.fromkeys(Region, float("nan")))


def deadly_protocol(vertices, template, scan, mode, keep_fits):
    if scan.subject == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick_protocol(vertices, template, scan, mode, keep_fits)


def test_rows_are_in_order_and_in_realys_own_layout(whole):
    lines = (whole / "out/REALY_error.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(k + 1) for k in range(SUBJECTS)]
    kept = json.loads((whole / "out/finished/10.json").read_text())["errors"]
    assert lines[9] == "10\t\t" + "\t".join(str(kept[region])[:9] for region in ("nose", "mouth", "forehead", "cheek"))


@pytest.mark.parametrize(
    ("value", "text"), [(1.23456789, "1.2345678"), (0.99999999, "0.9999999"), (23.5, "23.5"), (7.0, "7.0"), (1.2345678e-5, "0.0000123")]
)
def test_numbers_are_cut_and_not_rounded(value, text):
    assert cut(value) == text


def test_the_table_and_the_summary_have_all_digits_and_how_it_was_measured(whole):
    rows = (whole / "out/meshes.csv").read_text().splitlines()
    assert rows[0] == "name,subject,nose,mouth,forehead,cheek,all,deviations,failure"
    kept = json.loads((whole / "out/finished/3.json").read_text())["errors"]
    assert [float(cell) for cell in rows[3].split(",")[2:6]] == list(kept.values())
    summary = json.loads((whole / "out/summary.json").read_text())
    noses = [float(row.split(",")[2]) for row in rows[1:]]
    nose = summary["regions"]["nose"]
    assert nose == pytest.approx({"mean": np.mean(noses), "median": np.median(noses), "std": np.std(noses, ddof=1)})
    assert summary["all"] == pytest.approx(np.mean([summary["regions"][region]["mean"] for region in Region]))
    wanted = {"benchmark": "REALY", "protocol": 1, "mode": "official", "view": "frontal", "template": "cap", "meshes": 12, "failed": 0}
    assert summary.items() >= wanted.items()
    assert len(summary["keypoints"]) == 16
    seconds = json.loads((whole / "out/seconds.json").read_text())
    assert list(seconds["meshes"]) == [str(k + 1) for k in range(SUBJECTS)]
    assert seconds["steps"]["nonrigid"] == pytest.approx(0.1 * SUBJECTS)


def test_what_fails_is_a_row_with_its_reason_and_the_rest_goes_on(world, whole):
    meshes = world / "predictions"
    cap = read_obj(meshes / "1.obj")
    write_obj(TriangleMesh(np.random.default_rng(0).permutation(cap.vertices), cap.triangles), meshes / "1.obj")
    (meshes / "5.obj").write_text("")
    (meshes / "6.obj").unlink()
    (meshes / "7.obj").write_text("v 1 2\n")
    write_obj(TriangleMesh(cap.vertices * np.nan, cap.triangles), meshes / "8.obj")
    shutil.copy(meshes / "9.obj", meshes / "9.ply")
    shutil.copy(meshes / "9.obj", meshes / "77.obj")
    shutil.copy(meshes / "9.obj", meshes / "face.obj")
    shutil.copy(meshes / "9.obj", meshes / "9_1.obj")
    (meshes / "notes.txt").touch()
    evaluation = evaluated(world, protocol=failing_protocol)
    reasons = {
        "1": "another order",
        "2": "a region has no faces",
        "3": "singular",
        "4": "no finite numbers",
        "5": "empty",
        "6": "no mesh for this image",
        "7": "no readable OBJ",
        "8": "no numbers",
        "9": "several times: 9.obj, 9.ply",
        "77": "belongs to no image",
        "face": "belongs to no image",
    }
    failures = {row.name: row.problem for row in evaluation.failures}
    assert failures.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in failures[name]
    assert evaluation.left_aside == 1
    assert evaluation.summary.count == 3
    assert title(evaluation).endswith("3 meshes, 11 FAILED")
    whole_lines = (whole / "out/REALY_error.txt").read_text().splitlines()
    assert (world / "out/REALY_error.txt").read_text().splitlines() == whole_lines[9:]
    summary = json.loads((world / "out/summary.json").read_text())
    assert (summary["meshes"], summary["failed"], summary["left_aside"], summary["failures"]) == (3, 11, 1, failures)
    assert (world / "out/meshes.csv").read_text().splitlines()[2].startswith("1,1,,,,,,,")


def test_side_views_are_measured_apart(world):
    shutil.rmtree(world / "predictions")
    write_predictions(world / "predictions", ["1", "10_2", "2_1", "2_2"])
    evaluation = evaluated(world, view="side")
    assert [row.name for row in evaluation.rows if row.result] == ["2_1", "2_2", "10_2"]
    assert (len(evaluation.rows), evaluation.left_aside) == (2 * SUBJECTS, 1)
    with pytest.raises(OutputError, match=r"another view \(side, not frontal\)"):
        evaluated(world)


def test_jobs_change_neither_order_nor_bytes(world, whole):
    evaluated(world, jobs=2)
    assert results(world) == results(whole)


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_with_all_its_processes_it_goes_on_and_ends_the_same(world, whole, jobs):
    command = [sys.executable, "-m", "tests.evaluation.realy.world", str(world), str(jobs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    for line in process.stdout:
        if int(line) >= 3:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert 3 <= len(list((world / "out/finished").glob("[0-9]*.json"))) < SUBJECTS
    assert not (world / "out/summary.json").exists()
    evaluated(world)
    assert results(world) == results(whole)


def test_a_worker_that_the_system_kills_is_noticed_and_what_was_measured_stays(world, whole):
    with pytest.raises(OutputError, match=r"a process that measures meshes died \(process \d+, killed by SIGKILL\)"):
        evaluated(world, jobs=1, protocol=deadly_protocol)
    assert (world / "out/finished/4.json").is_file()
    evaluated(world)
    assert results(world) == results(whole)


def test_what_is_finished_is_neither_read_nor_computed_again_unless_it_changed(world, whole):
    evaluated(world)
    again = evaluated(world, protocol=never)
    assert results(world) == results(whole)
    assert not again.failures
    mesh = read_obj(world / "predictions/4.obj")
    write_obj(TriangleMesh(mesh.vertices * 2, mesh.triangles), world / "predictions/4.obj")
    seen = []

    def watched(vertices, template, scan, mode, keep_fits):
        seen.append(scan.subject)
        return quick_protocol(vertices, template, scan, mode, keep_fits)

    evaluated(world, protocol=watched)
    nose = world / "benchmark/REALY_scan_region/9/nose.obj"
    nose.write_text(nose.read_text() + "\n")
    evaluated(world, protocol=watched)
    (world / "out/finished/2.json").write_text("{")
    evaluated(world, protocol=watched)
    assert seen == [4, 9, 2]


def test_a_folder_of_other_settings_is_refused_and_stays(world, whole):
    evaluated(world)
    with pytest.raises(OutputError, match=r"another mode \(official, not strict\): name another output folder"):
        evaluated(world, mode=Mode.STRICT)
    template = __import__("tests.evaluation.realy.world", fromlist=["template"]).template()
    renamed = type(template)(**(vars(template) | {"name": "other"}))
    with pytest.raises(OutputError, match=r"another template \(cap, not other\)"):
        evaluated(world, template=renamed)
    moved = type(template)(**(vars(template) | {"keypoint_hash": "0" * 16}))
    with pytest.raises(OutputError, match="another keypoints"):
        evaluated(world, template=moved)
    (world / "benchmark/open_scans.json").write_text("{}")
    with pytest.raises(OutputError, match=r"another benchmark \(REALY, not open-scans\)"):
        evaluated(world)
    assert results(world) == results(whole)


def test_results_of_another_program_are_not_written_over(world):
    (world / "out").mkdir()
    (world / "out/REALY_error.txt").write_text("1\t\t1\t1\t1\t1\n")
    with pytest.raises(OutputError, match="another program"):
        evaluated(world)
    assert (world / "out/REALY_error.txt").read_text() == "1\t\t1\t1\t1\t1\n"


def test_open_scans_are_never_called_realy(world):
    (world / "benchmark/open_scans.json").write_text("{}")
    evaluation = evaluated(world)
    assert not (world / "out/REALY_error.txt").exists()
    assert len((world / "out/open-scans_error.txt").read_text().splitlines()) == SUBJECTS
    assert title(evaluation).startswith("open-scans frontal: ")
    assert "no REALY result" in title(evaluation)
    assert json.loads((world / "out/summary.json").read_text())["benchmark"] == "open-scans"


def test_nothing_is_computed_before_all_scans_are_checked(world):
    (world / "benchmark/REALY_scan_region/12/cheek.obj").write_text("")
    with pytest.raises(EvaluationError, match=r"12/cheek\.obj is empty"):
        evaluated(world, protocol=never)
    assert not (world / "out/settings.json").exists()


def test_meshes_of_another_topology_name_the_template(world):
    for path in (world / "predictions").glob("*.obj"):
        path.write_text("v 0 0 0\n" + path.read_text())
    with pytest.raises(EvaluationError, match=r"by the template cap, the first is 1 \(it has 576 vertices, the template cap has 575\)"):
        evaluated(world, protocol=never)
    assert (world / "out/meshes.csv").read_text().count("576 vertices") == SUBJECTS


def test_folders_and_names_that_hold_no_predictions(world):
    with pytest.raises(EvaluationError, match="called like a side image"):
        evaluated(world, view="side")
    shutil.rmtree(world / "predictions")
    with pytest.raises(EvaluationError, match="no folder of predictions"):
        evaluated(world)
    (world / "predictions").mkdir()
    with pytest.raises(EvaluationError, match="has no meshes"):
        evaluated(world)


def test_a_full_disk_is_one_sentence_and_loses_nothing(world, whole, monkeypatch):
    write, count = Path.write_text, []

    def full(path, text, *rest, **more):
        if path.parent.name == "finished":
            count.append(path)
            if len(count) > 4:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, text, *rest, **more)

    monkeypatch.setattr(finished.Path, "write_text", full)
    with pytest.raises(OutputError, match=r"cannot write .*finished/5.json \(No space left on device\): free some space") as caught:
        evaluated(world)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert len(list((world / "out/finished").glob("*.json"))) == 4
    assert not [path for path in (world / "out/finished").iterdir() if path.name.startswith(".")]
    evaluated(world)
    assert results(world) == results(whole)


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("mount") is None, reason="mounting needs root")
@pytest.mark.parametrize("room", ["size=32k", "size=1m,nr_inodes=9"])
def test_a_disk_that_is_really_full(world, whole, room):
    (world / "out").mkdir()
    if os.system(f"mount -t tmpfs -o {room} none {world / 'out'} 2>/dev/null"):
        pytest.skip("this container may not mount")
    try:
        with pytest.raises(OutputError, match=r"\(No space left on device\)"):
            evaluated(world, jobs=1)
        kept = list((world / "out/finished").glob("[0-9]*.json"))
        assert 0 < len(kept) < SUBJECTS
        os.system(f"mount -o remount,size=4m,nr_inodes=200 {world / 'out'}")
        before = {path: path.stat().st_mtime_ns for path in kept}
        evaluated(world)
        assert {path: path.stat().st_mtime_ns for path in kept} == before
        assert results(world) == results(whole)
    finally:
        os.system(f"umount {world / 'out'}")


def test_heat_maps_are_meshes_and_a_sheet_and_can_be_asked_for_later(world, whole):
    evaluated(world)
    evaluated(world, heat_maps=True)
    assert results(world) == results(whole)
    coloured = world / "out/heatmaps/3/error_nose.obj"
    scan = read_obj(world / "benchmark/REALY_scan_region/3/nose.obj")
    assert np.allclose(read_obj(coloured).vertices, scan.vertices, rtol=1e-7)
    assert len(coloured.read_text().splitlines()[0].split()) == 7
    assert Image.open(world / "out/heatmaps/3/regions.png").size == (880, 220)
    sheet = Image.open(world / "out/heatmaps.png")
    assert sheet.size[1] > 9 * 220
    before = {path: path.read_bytes() for path in (world / "out/heatmaps").rglob("*.*")}
    (world / "out/heatmaps/3/regions.png").unlink()
    evaluated(world, heat_maps=True)
    assert {path: path.read_bytes() for path in (world / "out/heatmaps").rglob("*.*")} == before


def test_colours_of_heat_maps_go_from_blue_to_dark_red():
    colours = heat_colours(np.array([0.0, 0.25, 0.5, 9.0]))
    assert colours[0].argmax() == 2
    assert colours[1, 1] > 0.95
    assert colours[2].argmax() == 0
    assert np.array_equal(colours[2], colours[3])
