"""Templates from files, and what is said about files that do not belong together."""

import json

import numpy as np
import pytest

from hiface_pl.errors import EvaluationError, MeshError
from hiface_pl.evaluation.realy.template_file import read_template
from tests.evaluation.realy.world import template, write_template


@pytest.fixture
def path(tmp_path):
    return write_template(tmp_path)


def changed(path, change):
    rows = json.loads(path.with_suffix(".txt").read_text())
    path.with_suffix(".txt").write_text(json.dumps(change(rows)))


def test_a_template_is_read_as_written(path):
    read, made = read_template(path), template()
    assert (read.name, read.vertex_count, read.mask) == ("cap", made.vertex_count, None)
    assert np.array_equal(read.triangles, made.triangles)
    assert np.allclose(read.keypoints(made.places), made.keypoints(made.places), atol=1e-6)
    assert read.keypoint_hash == made.keypoint_hash
    assert np.allclose(read.places, made.places, rtol=1e-8)


def test_the_hash_is_of_the_numbers_and_changes_with_any(path):
    before = read_template(path).keypoint_hash
    path.with_suffix(".txt").write_text(json.dumps(json.loads(path.with_suffix(".txt").read_text()), indent=3))
    assert read_template(path).keypoint_hash == before
    changed(path, lambda rows: [[rows[0][0], rows[0][1] + 1e-9, rows[0][2]], *rows[1:]])
    assert read_template(path).keypoint_hash != before


@pytest.mark.parametrize("separator", ["\n", ","])
def test_a_mask_has_a_number_a_vertex(path, tmp_path, separator):
    mask, count = tmp_path / "mask.txt", template().vertex_count
    mask.write_text(separator.join(["1"] * 10 + ["0"] * (count - 10)))
    assert read_template(path, mask).mask.sum() == 10
    for text in ("1 0 1", " ".join(["2"] * count), "yes"):
        mask.write_text(text)
        with pytest.raises(EvaluationError, match=r"mask.txt"):
            read_template(path, mask)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:84],
        lambda rows: [row[:2] for row in rows],
        lambda rows: [*rows[:84], ["a", 0, 0]],
        lambda rows: [*rows[:84], [0, 0]],
        lambda rows: [*rows[:84], [10**6, 0, 0]],
        lambda rows: [*rows[:84], [-1, 0, 0]],
        lambda rows: [*rows[:84], [0.5, 0, 0]],
        lambda rows: 85,
        lambda rows: {},
    ],
)
def test_keypoints_that_do_not_fit(path, change):
    changed(path, change)
    with pytest.raises(EvaluationError, match=r"cap\.txt"):
        read_template(path)


def test_missing_files_and_faces(path):
    with pytest.raises(MeshError, match="check the path"):
        read_template(path.with_name("other.obj"))
    path.with_suffix(".txt").unlink()
    with pytest.raises(EvaluationError, match=r"no keypoints .*cap\.txt: it is a JSON list of 85 rows"):
        read_template(path)
    path.write_text("v 0 0 0\n")
    with pytest.raises(EvaluationError, match="has no faces"):
        read_template(path)
