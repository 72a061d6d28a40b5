"""From images of a benchmark to meshes: expression kept, failures named, interrupted runs going on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.evaluation.realy.failure_reasons import read_reasons
from hiface_pl.evaluation.realy.predicted_meshes import MeshPredictor
from hiface_pl.evaluation.realy.prediction_folders import prediction_folders, write_predictions
from hiface_pl.inference.detector import BoxGiven
from hiface_pl.meshes.read_obj import read_obj
from tests.inference.faces import tiny_reconstructor

BOX = BoxGiven(30.0, 30.0, 60.0, 60.0)


class NoFaceInDarkPhotos(BoxGiven):
    def find(self, photo):
        if photo.pixels.mean() < 50:
            raise PhotoError(f"no face was found in {photo.name}: say where it is")
        return super().find(photo)


@pytest.fixture
def images(tmp_path):
    paths = []
    for name, grey in (("1", 200), ("2", 10), ("10", 150)):
        paths.append(tmp_path / "images" / f"{name}.png")
        paths[-1].parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((120, 120, 3), grey, np.uint8)).save(paths[-1])
    return paths


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "weights").write_bytes(b"these are the weights")
    return tmp_path / "weights"


def test_the_expression_is_kept(monkeypatch):
    predictor = MeshPredictor(tiny_reconstructor(monkeypatch), BOX)
    neutral = predictor.reconstructor.encoder(torch.zeros(1, 3, 64, 64))
    smiling = replace(neutral, coefficients=replace(neutral.coefficients, expression=torch.tensor([[0.0, 1.0, 1.0, 0.0]])))
    still, moved = (predictor.meshes(predictor.reconstructor.decode(encoded).detach()) for encoded in (neutral, smiling))
    basis = predictor.model.expression_basis[[1, 2]].sum(axis=0)
    np.testing.assert_allclose(moved.coarse.vertices - still.coarse.vertices, basis, atol=1e-3)
    assert np.abs(moved.detailed.vertices - still.detailed.vertices).max() > 1
    assert len(moved.detailed.vertices) == predictor.detailed.vertex_count
    assert predictor.detailed.triangles.max() < len(moved.detailed.vertices)


def test_detail_moves_the_surface_by_the_map(monkeypatch):
    predictor = MeshPredictor(tiny_reconstructor(monkeypatch), BOX)
    face = predictor.reconstructor(torch.zeros(1, 3, 64, 64)).detach()
    flat = replace(face, detail=replace(face.detail, static=0 * face.detail.static, dynamic=0 * face.detail.dynamic))
    moved = predictor.meshes(face).detailed.vertices - predictor.meshes(flat).detailed.vertices
    highest = face.detail.total.abs().max()
    assert 0.3 * highest < np.linalg.norm(moved, axis=1).max() <= 1.001 * highest


def test_meshes_and_reasons_are_written(monkeypatch, tmp_path, images, weights):
    predictor, out, told = MeshPredictor(tiny_reconstructor(monkeypatch), NoFaceInDarkPhotos(30.0, 30.0, 60.0, 60.0)), tmp_path / "out", []
    failures = write_predictions(predictor, weights, images, out, "detector", lambda *done: told.append(done))
    coarse, detailed = prediction_folders(predictor, out)
    assert sorted(path.name for path in coarse.path.glob("*.obj")) == ["1.obj", "10.obj"]
    assert coarse.results == out / "results-c"
    for folder in (coarse, detailed):
        mesh = read_obj(folder.path / "10.obj")
        np.testing.assert_array_equal(mesh.triangles, folder.template.triangles)
        assert read_reasons(folder.path) == failures
    assert failures == {"2": "no face was found in 2"}
    assert told[-1] == (3, 3)


def test_a_coarse_head_has_coarse_meshes_only(monkeypatch, tmp_path, images, weights):
    predictor = MeshPredictor(tiny_reconstructor(monkeypatch, CoarseOnly()), BOX)
    assert write_predictions(predictor, weights, images, tmp_path / "out", "detector", lambda *_: None) == {}
    assert [folder.path.name for folder in prediction_folders(predictor, tmp_path / "out")] == ["predictions-c"]
    assert not (tmp_path / "out" / "predictions-d").exists()


def test_what_is_there_is_not_made_again(monkeypatch, tmp_path, images, weights):
    predictor, out = MeshPredictor(tiny_reconstructor(monkeypatch), BOX), tmp_path / "out"
    write_predictions(predictor, weights, images, out, "detector", lambda *_: None)
    wanted = (out / "predictions-d" / "2.obj").read_bytes()
    (out / "predictions-d" / "2.obj").unlink()
    seen, predict = [], predictor.predict
    monkeypatch.setattr(predictor, "predict", lambda image: seen.append(image.stem) or predict(image))
    write_predictions(predictor, weights, images, out, "detector", lambda *_: None)
    assert seen == ["2"]
    assert (out / "predictions-d" / "2.obj").read_bytes() == wanted


def test_another_network_needs_another_folder(monkeypatch, tmp_path, images, weights):
    predictor, out = MeshPredictor(tiny_reconstructor(monkeypatch), BOX), tmp_path / "out"
    write_predictions(predictor, weights, images, out, "detector", lambda *_: None)
    weights.write_bytes(b"others")
    with pytest.raises(EvaluationError, match="from another network:"):
        write_predictions(predictor, weights, images, out, "detector", lambda *_: None)
    with pytest.raises(EvaluationError, match="from another network and other images"):
        write_predictions(predictor, weights, images[:2], out, "detector", lambda *_: None)
    (out / "predictions.json").write_text(json.dumps([]))
    with pytest.raises(EvaluationError, match="name another --out"):
        write_predictions(predictor, weights, images, out, "detector", lambda *_: None)
