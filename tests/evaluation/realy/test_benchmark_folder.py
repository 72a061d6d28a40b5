"""What is read from a benchmark folder, and what is said about one that is not as it should be."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan_check import check_scan
from hiface_pl.meshes.read_obj import read_obj
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from tests.evaluation.realy.world import UNIT, write_benchmark


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_benchmark(tmp_path_factory.mktemp("whole") / "benchmark")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "benchmark"))


def scaled(path: Path, times: float) -> None:
    mesh = read_obj(path)
    write_obj(TriangleMesh(mesh.vertices * times, mesh.triangles), path)


def test_a_subject_is_read_as_its_files_have_it(folder):
    benchmark = BenchmarkFolder(folder)
    assert benchmark.subjects == [1, 2, 3]
    scan = benchmark.scan(2)
    assert (scan.subject, scan.millimetres, scan.keypoints.shape) == (2, UNIT, (85, 3))
    assert list(scan.regions) == list(Region)
    nose = read_obj(folder / "REALY_scan_region/2/nose.obj")
    assert np.array_equal(scan.regions[Region.NOSE].vertices, nose.vertices)
    check_scan(scan)


def test_names_and_images_are_those_of_the_view_in_order(folder):
    shutil.copytree(folder / "REALY_image/frontal", folder / "REALY_image/depth/frontal")
    (folder / "REALY_image/notes.png").touch()
    benchmark = BenchmarkFolder(folder)
    assert benchmark.names("frontal") == ["1", "2", "3"]
    assert benchmark.names("side") == ["1_1", "1_2", "2_1", "2_2", "3_1", "3_2"]
    assert [path.relative_to(folder).as_posix() for path in benchmark.images("side")][:2] == [
        "REALY_image/side/1_1.jpg",
        "REALY_image/side/1_2.jpg",
    ]
    assert [path.stem for path in benchmark.images("frontal")] == ["1", "2", "3"]


def test_rows_count_subjects_as_numbers(tmp_path):
    benchmark = BenchmarkFolder(write_benchmark(tmp_path, subjects=11))
    assert benchmark.names("frontal")[-2:] == ["10", "11"]
    assert benchmark.names("side")[1:4] == ["1_2", "2_1", "2_2"]


def test_without_images_frontal_predictions_are_called_like_the_subjects(folder):
    shutil.rmtree(folder / "REALY_image")
    assert BenchmarkFolder(folder).names("frontal") == ["1", "2", "3"]
    with pytest.raises(EvaluationError, match="no side views"):
        BenchmarkFolder(folder).names("side")
    with pytest.raises(EvaluationError, match="no frontal images"):
        BenchmarkFolder(folder).images("frontal")


def test_two_sets_of_images_are_not_guessed_between(folder):
    shutil.copytree(folder / "REALY_image/frontal", folder / "REALY_image/cropped")
    assert BenchmarkFolder(folder).names("frontal") == ["1", "2", "3"]
    with pytest.raises(EvaluationError, match=r"cropped/1\.jpg and .*frontal/1\.jpg are images of one name"):
        BenchmarkFolder(folder).images("frontal")


def test_an_open_set_is_never_called_realy(folder):
    assert BenchmarkFolder(folder).name == "REALY"
    (folder / "open_scans.json").write_text("{}")
    assert BenchmarkFolder(folder).name == "open-scans"


def test_the_digest_changes_with_any_file_of_the_subject_and_no_other(folder):
    before = [BenchmarkFolder(folder).digest(subject) for subject in (1, 2)]
    scaled(folder / "REALY_scan_region/2/cheek.obj", 1.001)
    after = [BenchmarkFolder(folder).digest(subject) for subject in (1, 2)]
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


@pytest.mark.parametrize("part", ["", "REALY_HIFI3D_keypoints", "REALY_scan_region", "metrical_scale.txt"])
def test_a_missing_part_is_named_with_where_scans_come_from(folder, part):
    lost = folder / part
    lost.unlink() if lost.is_file() else shutil.rmtree(lost)
    with pytest.raises(EvaluationError, match=r"Headspace.*agreement.*University of York.*hiface-pl data open-scans") as caught:
        BenchmarkFolder(folder)
    assert part in str(caught.value)


@pytest.mark.parametrize("part", ["REALY_HIFI3D_keypoints/2.obj", "REALY_scan_region/3/cheek.obj", "REALY_scan_region/1"])
def test_a_missing_file_of_a_subject_is_named(folder, part):
    lost = folder / part
    lost.unlink() if lost.is_file() else shutil.rmtree(lost)
    with pytest.raises(EvaluationError, match=part) as caught:
        BenchmarkFolder(folder).subjects  # noqa: B018
    assert "Headspace" in str(caught.value)


def test_folders_without_subjects(folder):
    for part in ("REALY_HIFI3D_keypoints", "REALY_scan_region", "REALY_image"):
        shutil.rmtree(folder / part)
        (folder / part).mkdir()
    with pytest.raises(EvaluationError, match="no subjects"):
        BenchmarkFolder(folder).subjects  # noqa: B018


def test_84_keypoints(folder):
    path = folder / "REALY_HIFI3D_keypoints/1.obj"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(EvaluationError, match=r"1\.obj has 84 keypoints, 85 are needed"):
        BenchmarkFolder(folder).keypoints(1)


def test_keypoints_that_are_no_numbers(folder):
    path = folder / "REALY_HIFI3D_keypoints/1.obj"
    path.write_text("v nan 0 0\n" + path.read_text().split("\n", 1)[1])
    with pytest.raises(EvaluationError, match="no numbers"):
        BenchmarkFolder(folder).keypoints(1)


def test_an_id_without_scale(folder):
    (folder / "metrical_scale.txt").write_text("9\n9\n")
    with pytest.raises(EvaluationError, match="2 lines and so no scale for subject 3"):
        BenchmarkFolder(folder).subjects  # noqa: B018


@pytest.mark.parametrize("text", ["9\n9\nnine\n", "9\n0\n9\n", "9\nnan\n9\n"])
def test_scales_that_are_none(folder, text):
    (folder / "metrical_scale.txt").write_text(text)
    with pytest.raises(EvaluationError, match=r"metrical_scale\.txt"):
        BenchmarkFolder(folder).subjects  # noqa: B018


@pytest.mark.parametrize("region", list(Region))
@pytest.mark.parametrize("times", [10, 0.1])
def test_a_region_in_another_unit_by_a_factor_of_10(folder, region, times):
    scaled(folder / f"REALY_scan_region/1/{region}.obj", times)
    with pytest.raises(EvaluationError, match=f"REALY_scan_region/1/{region}.obj .*another unit"):
        check_scan(BenchmarkFolder(folder).scan(1))


@pytest.mark.parametrize("times", [10, 0.1])
def test_scans_or_scales_in_another_unit_by_a_factor_of_10(folder, times):
    (folder / "metrical_scale.txt").write_text(f"{UNIT * times}\n" * 3)
    with pytest.raises(EvaluationError, match=r"mm apart .*another unit"):
        check_scan(BenchmarkFolder(folder).scan(1))


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), ("v 1 2 3\n" * 9, "is empty"), ("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "no numbers")]
)
def test_a_region_file_without_a_surface(folder, text, said):
    (folder / "REALY_scan_region/1/mouth.obj").write_text(text)
    with pytest.raises(EvaluationError, match=f"REALY_scan_region/1/mouth.obj .*{said}|REALY_scan_region/1/mouth.obj {said}"):
        check_scan(BenchmarkFolder(folder).scan(1))
