"""`hiface-pl evaluate realy --checkpoint` on a benchmark of two people of the tiny face model."""

import json

import numpy as np
import pytest
from PIL import Image

from hiface_pl.cli.main import main
from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.errors import PhotoError
from hiface_pl.evaluation.realy import evaluate
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.inference.detector import BoxGiven
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from tests.evaluation.realy.world import quick_protocol
from tests.inference.faces import tiny_reconstructor
from tests.tiny import tiny_model


class OnlyInBrightPhotos(BoxGiven):
    def __init__(self):
        super().__init__(30.0, 30.0, 60.0, 60.0)

    def find(self, photo):
        if photo.pixels.mean() < 50:
            raise PhotoError(f"no face was found in {photo.name}")
        return super().find(photo)


@pytest.fixture
def benchmark(tmp_path):
    """Subject 2's side views are dark."""
    folder, template = tmp_path / "benchmark", model_template(tiny_model(), "tiny")
    scan = template.places / 9
    near = (np.abs(template.places[:, :2]) < 35).all(axis=1)[template.triangles].all(axis=1)
    for subject in (1, 2):
        write_obj(TriangleMesh(template.keypoints(scan), np.empty((0, 3), np.int32)), folder / f"REALY_HIFI3D_keypoints/{subject}.obj")
        for region in Region:
            inner = region in {Region.NOSE, Region.MOUTH}
            used, corners = np.unique(template.triangles[near if inner else slice(None)], return_inverse=True)
            mesh = TriangleMesh(scan[used], corners.reshape(-1, 3).astype(np.int32))
            write_obj(mesh, folder / f"REALY_scan_region/{subject}/{region}.obj")
        for name in (f"frontal/{subject}", f"side/{subject}_1"):
            picture = folder / f"REALY_image/{name}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((120, 120, 3), 10 if name == "side/2_1" else 190 + subject, np.uint8)).save(picture)
    (folder / "metrical_scale.txt").write_text("9\n9\n")
    return folder


@pytest.fixture
def command(benchmark, tmp_path, monkeypatch):
    (tmp_path / "weights").write_bytes(b"these are the weights")
    network, measured = tiny_reconstructor(monkeypatch), evaluate.evaluate_folder
    monkeypatch.setattr("hiface_pl.cli.named_network.load_reconstructor", lambda _path: network)
    monkeypatch.setattr("hiface_pl.cli.evaluate_realy_checkpoint.SkimageCascadeDetector", OnlyInBrightPhotos)

    def quickly(*arguments, **options):
        return measured(*arguments, **(options | {"jobs": None, "protocol": quick_protocol}))

    monkeypatch.setattr(evaluate, "evaluate_folder", quickly)
    arguments = ["--benchmark", benchmark, "--checkpoint", tmp_path / "weights", "--out", tmp_path / "out"]
    return ["evaluate", "realy", *map(str, arguments)]


def test_coarse_and_detailed_meshes_in_one_table(command, tmp_path, capsys):
    assert main(command) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.strip().startswith("-")]
    assert [row[:2] for row in rows if row[0] in {"-c", "-d"}] == [["-c", "(2)"], ["-d", "(2)"]]
    vertices = {"c": 289, "d": 65 * 65}
    for kind, count in vertices.items():
        assert sorted(path.name for path in (tmp_path / "out" / f"predictions-{kind}").glob("*.obj")) == ["1.obj", "2.obj"]
        lines = (tmp_path / "out" / f"predictions-{kind}" / "2.obj").read_text().splitlines()
        assert sum(line.startswith("v ") for line in lines) == count
        summary = json.loads((tmp_path / "out" / f"results-{kind}" / "summary.json").read_text())
        assert (summary["meshes"], summary["failed"]) == (2, 0)


def test_images_without_a_face_count_as_failed_with_the_reason(command, tmp_path, capsys):
    assert main([*command, "--view", "side"]) == 1
    assert "failed: 2_1: no face was found in 2_1" in capsys.readouterr().err
    for kind in "cd":
        summary = json.loads((tmp_path / "out" / f"results-{kind}" / "summary.json").read_text())
        assert summary["failures"] == {"2_1": "no face was found in 2_1"}
        assert summary["meshes"] == 1


def test_nothing_is_reconstructed_or_measured_twice(command, tmp_path, monkeypatch, capsys):
    main(command)
    wanted = (tmp_path / "out" / "results-d" / "summary.json").read_bytes()
    monkeypatch.setattr("hiface_pl.evaluation.realy.predicted_meshes.reconstruct_photo", None)
    monkeypatch.setattr("tests.evaluation.realy.world.np.random.default_rng", None)
    assert main(command) == 0
    assert (tmp_path / "out" / "results-d" / "summary.json").read_bytes() == wanted
    capsys.readouterr()


def test_a_network_without_detail_has_a_coarse_row_only(command, tmp_path, monkeypatch, capsys):
    network = tiny_reconstructor(monkeypatch, CoarseOnly())
    monkeypatch.setattr("hiface_pl.cli.named_network.load_reconstructor", lambda _path: network)
    assert main(command) == 0
    assert "-d" not in capsys.readouterr().out
    assert not (tmp_path / "out" / "results-d").exists()


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (["--template", "open"], "belong to --predictions"),
        (["--predictions", "somewhere"], "not allowed with argument"),
    ],
)
def test_options_of_predictions_are_refused(command, capsys, extra, told):
    assert main([*command, *extra]) == 2
    assert told in capsys.readouterr().err


def test_a_benchmark_whose_images_all_fail_says_so(command, benchmark, capsys):
    (benchmark / "REALY_image/side/1_1.jpg").unlink()
    assert main([*command, "--view", "side"]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "no image of" in error
    assert "no face was found in 2_1" in error


def test_another_network_needs_another_folder(command, tmp_path, capsys):
    main(command)
    (tmp_path / "weights").write_bytes(b"others")
    assert main(command) == 2
    assert "made from another network" in capsys.readouterr().err
