"""`hiface-pl report html`: the tables, what is kept, and what is said about input that cannot be used."""

import json
import re
import shutil
from pathlib import Path

import pytest

from hiface_pl.cli.main import main
from hiface_pl.errors import EvaluationError
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.row_record import RowRecord, read_record
from hiface_pl.report.matrix_page.finished_rows import found_rows, shown_rows
from hiface_pl.report.matrix_page.kept_results import portable
from tests.report.matrix_page.made_results import record_of

Said = pytest.CaptureFixture[str]


def section(page: Path, anchor: str) -> str:
    return re.sub(r"\s+", " ", re.search(f'<section id="{anchor}">(.*?)</section>', page.read_text(), re.DOTALL)[1])  # type: ignore[index]


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", "|", html)


def test_same_data_and_published_numbers_stand_apart(page: Path) -> None:
    scans, paper = words(section(page, "scans")), words(section(page, "published"))
    assert "1.900 ± 0.141" in scans  # hiface_c: 1.8 and 2.0
    assert "1.297" not in scans
    assert "1.297" in paper  # the paper's Ours-c
    assert "1.900" not in paper
    assert "Deep3D" in paper
    assert "no REALY results" in words(section(page, "scans"))


def test_rows_are_compared_with_the_whole_method(page: Path) -> None:
    compared = words(section(page, "differences"))
    assert re.search(r"hiface_c\|+hiface_d\|+[+-]\d\.\d{4}", compared)
    assert "hiface_d||hiface_d" not in compared


def test_rows_tell_question_difference_start_and_cost(page: Path) -> None:
    rows = words(section(page, "rows"))
    assert "Can dynamic detail be decoded straight from the coefficients" in rows
    assert "model.reconstructor.detail.class_path: &#x27;hiface_pl.details.sd_detail.SDDetail&#x27; →" in rows
    assert "shipped: encoder.reader.coarse, encoder.reader.correct" in rows
    assert "|50|" in rows
    assert "failed: the loss [static] is not finite" in words(section(page, "failures"))
    assert "sd3" not in rows


def test_the_page_needs_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text()
    assert page.stat().st_size < 4e6
    assert set(re.findall(r"https?://[\w./-]+", text)) <= {"http://www.w3.org/1999/xhtml"}
    assert not re.findall(r'(?:src|href)="(?!#|data:)', text.split("<script")[0])
    assert "The MIT License" in text


def test_rows_are_shown_once_in_the_order_of_the_paper(results: Path) -> None:
    rows = found_rows(results, "mini")
    assert [(row.record.plan.name, row.record.plan.seed) for row in shown_rows(rows)] == [("hiface_c", 0), ("hiface_d", 0), ("sd1", 0)]


def test_what_is_kept_makes_the_same_page(results: Path, page: Path, tmp_path: Path) -> None:
    kept, again = tmp_path / "kept", tmp_path / "again.html"
    assert main(["report", "html", "--results", str(results), "--keep", str(kept), "--no-meshes", "--out", str(tmp_path / "a.html")]) == 0
    assert main(["report", "html", "--results", str(kept), "--out", str(again)]) == 0
    for name in ("scans", "faces", "published", "rows"):
        assert section(again, name) == section(page, name)
    scene = re.compile(r'<script type="application/json".*?</script>', re.DOTALL)
    assert scene.findall(again.read_text()) == scene.findall(page.read_text())
    for path in kept.rglob("row.json"):
        assert not [text for text in re.findall(r'"([^"]*)"', path.read_text()) if text.startswith("/")]
        assert str(tmp_path) not in path.read_text()
        assert read_record(path).plan.scale == "mini"
    assert max(path.stat().st_size for path in kept.rglob("*") if path.is_file()) < 300_000


def test_paths_of_this_machine_are_left_out() -> None:
    told = portable({"over": ("/somewhere/else/over.yaml",), "here": str(Path.cwd() / "data" / "test"), "number": 1, "none": None})
    assert told == {"over": ["over.yaml"], "here": "data/test", "number": 1, "none": None}


def test_without_faces_there_are_tables(results: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(results, bare)
    shutil.rmtree(bare / "mini" / "faces")
    assert main(["report", "html", "--results", str(bare), "--out", str(tmp_path / "page.html")]) == 0
    assert "nothing to show in 3D" in section(tmp_path / "page.html", "faces-3d")
    assert "1.900" in section(tmp_path / "page.html", "scans")
    assert (tmp_path / "page.html").stat().st_size < 100_000


def test_a_row_without_faces_is_named(results: Path, tmp_path: Path, capsys: Said) -> None:
    part = tmp_path / "part"
    shutil.copytree(results, part)
    (part / "mini" / "seed0" / "sd1" / "faces.npz").unlink()
    assert main(["report", "html", "--results", str(part), "--out", str(tmp_path / "page.html")]) == 0
    assert "sd1 is not shown in 3D" in capsys.readouterr().out
    assert "sd1: " in words(section(tmp_path / "page.html", "faces-3d"))


@pytest.mark.parametrize("scale", ["mini", "paper"])
def test_nothing_finished_is_told(results: Path, tmp_path: Path, capsys: Said, scale: str) -> None:
    where = tmp_path if scale == "mini" else results
    assert main(["report", "html", "--runs", str(where), "--scale", scale, "--out", str(tmp_path / "page.html")]) == 2
    said = capsys.readouterr().err
    assert f"no row of scale {scale}" in said
    assert ("there are rows of scale mini" in said) == (scale == "paper")
    assert not (tmp_path / "page.html").exists()


def test_results_of_another_scale_are_refused(tmp_path: Path, capsys: Said) -> None:
    (plan,) = Planner(tmp_path, "paper", 0).all(["hiface_c"])
    record_of(plan, 1.0).write()
    (tmp_path / "paper").rename(tmp_path / "mini")
    assert main(["report", "html", "--results", str(tmp_path), "--out", str(tmp_path / "page.html")]) == 2
    assert "is of scale paper, this table of scale mini" in capsys.readouterr().err


def test_a_missing_store_is_named_with_the_command_that_makes_it(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (plan,) = Planner(tmp_path, "mini", 0).all(["hiface_d"])
    record_of(plan, 1.0).write()
    assert main(["report", "html", "--runs", str(tmp_path), "--out", str(tmp_path / "page.html")]) == 2
    said = capsys.readouterr().err
    assert "there is no test store data/mini224/test: make it with `hiface-pl data synth" in said
    assert "--no-meshes" in said
    assert main(["report", "html", "--runs", str(tmp_path), "--no-meshes", "--out", str(tmp_path / "page.html")]) == 0


def test_faces_of_another_model_are_refused(results: Path, tmp_path: Path, capsys: Said) -> None:
    other = tmp_path / "other"
    shutil.copytree(results, other)
    path = other / "mini" / "faces" / "truth.npz"
    shutil.copyfile(_with_other_bases(path), path)
    assert main(["report", "html", "--results", str(other), "--out", str(tmp_path / "page.html")]) == 2
    assert "other displacement bases" in capsys.readouterr().err


def _with_other_bases(path: Path) -> Path:
    from hiface_pl.report.matrix_page.row_faces import RowFaces  # noqa: PLC0415 - for this alone

    faces = RowFaces.read(path)
    return RowFaces(faces.identity, faces.expression, faces.layers, faces.tension, faces.about | {"bases": -1}).write(path.parent / "x.npz")


def test_odd_records_are_told(tmp_path: Path) -> None:
    (plan,) = Planner(tmp_path, "mini", 0).all(["hiface_d"])
    RowRecord(plan).write()
    with pytest.raises(EvaluationError, match="1 begun, none finished"):
        found_rows(tmp_path, "mini")
    values = json.loads((plan.folder / "row.json").read_text())
    (plan.folder / "row.json").write_text(json.dumps(values | {"state": "odd"}))
    with pytest.raises(EvaluationError, match="no record of a row"):
        found_rows(tmp_path, "mini")
