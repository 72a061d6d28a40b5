"""Templates in REALY's own form: NAME.obj, and NAME.txt beside it."""

import json
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Int32

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.benchmark_folder import KEYPOINTS
from hiface_pl.evaluation.realy.keypoint_hash import keypoint_hash
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.read_obj import read_obj


def read_template(path: Path, mask: Path | None = None) -> Template:
    """The topology of NAME.obj with the keypoints of NAME.txt: a JSON list of 85 rows [triangle, w0, w1], where w2 = 1 - w0 - w1.

    `mask` is a text with one 0 or 1 a vertex. Raises EvaluationError or MeshError.
    """
    mesh = read_obj(path)
    if not len(mesh.triangles):
        raise EvaluationError(f"the template {path} has no faces: export it with its faces")
    triangles, weights = _keypoints(path.with_suffix(".txt"), len(mesh.triangles))
    chosen = None if mask is None else _mask(mask, len(mesh.vertices))
    name, digest = path.stem, keypoint_hash(triangles, weights)
    return Template(name, len(mesh.vertices), mesh.triangles, triangles, weights, digest, chosen, mesh.vertices)


def _keypoints(path: Path, count: int) -> tuple[Int32[np.ndarray, " 85"], Float64[np.ndarray, "85 3"]]:
    form = f"it is a JSON list of {KEYPOINTS} rows [triangle, w0, w1]"
    try:
        rows = np.array(json.loads(path.read_text()), dtype=np.float64)
    except FileNotFoundError as error:
        raise EvaluationError(f"the template has no keypoints {path}: {form}") from error
    except (OSError, ValueError, TypeError) as error:
        raise EvaluationError(f"the template's keypoints {path} cannot be read ({error}): {form}") from error
    if rows.shape != (KEYPOINTS, 3) or not np.isfinite(rows).all():
        found = f"{len(rows)} rows" if rows.ndim else "no rows"
        raise EvaluationError(f"the template's keypoints {path} have {found} or not three numbers in each: {form}")
    if (rows[:, 0] != rows[:, 0].round()).any() or rows[:, 0].min() < 0 or rows[:, 0].max() >= count:
        raise EvaluationError(f"{path} names a triangle that is not among the {count} of the template: take the file that belongs to it")
    weights = np.column_stack([rows[:, 1], rows[:, 2], 1 - rows[:, 1] - rows[:, 2]])
    return rows[:, 0].astype(np.int32), weights


def _mask(path: Path, count: int) -> Bool[np.ndarray, " v"]:
    try:
        values = np.array(path.read_text().replace(",", " ").split(), dtype=np.float64)
    except (OSError, ValueError) as error:
        raise EvaluationError(f"the mask {path} cannot be read ({error}): it has one 0 or 1 a vertex") from error
    if len(values) != count or not np.isin(values, (0, 1)).all():
        raise EvaluationError(f"the mask {path} has {len(values)} numbers for {count} vertices, or others than 0 and 1")
    return values == 1
