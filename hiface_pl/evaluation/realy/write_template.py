"""A template as the two files that REALY's public evaluator takes: NAME.obj, and its keypoints in NAME.txt."""

import json
from pathlib import Path

from hiface_pl.errors import OutputError
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from hiface_pl.paths import replacing


def write_template(template: Template, path: Path) -> list[Path]:
    """Writes `path` (.obj) with the template's own vertices and triangles, and 85 rows [triangle, w0, w1] beside it as .txt.

    Triangles count from 0; the weights come back with their last bit. Raises OutputError.
    """
    if template.places is None:
        raise OutputError(f"the template {template.name} has no vertices of its own to write into {path}: copy the file it came from")
    places = write_obj(TriangleMesh(template.places, template.triangles), path)
    keypoints = path.with_suffix(".txt")
    rows = [
        [row, first, second]
        for row, (first, second, _) in zip(template.keypoint_triangles.tolist(), template.keypoint_weights.tolist(), strict=True)
    ]
    with replacing(keypoints) as temporary:
        temporary.write_text(json.dumps(rows) + "\n")
    return [places, keypoints]
