"""Templates as a command line names them: every face model brings its own."""

from pathlib import Path

from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.face_models.keypoint_transfer import with_extra_points
from hiface_pl.face_models.named_source import named_source
from hiface_pl.face_models.subdivision import export_levels

DETAIL = "-detail"
"""What follows a face model's name where the mesh of its detailed exports is meant."""


def named_template(name: str, points_of: Template | None = None) -> Template:
    """The template of a face model, or with `-detail` behind its name that of its detailed exports.

    `open` is the mesh of `coarse.obj`, `open-detail` that of `detailed.obj`; likewise for a face model file (`my.npz`, `my.npz-detail`),
    a clone of ICT-FaceKit and the class path of a source. `points_of` is another template with vertices, from which points 68 to 84 are
    carried over. Raises ConfigError, AssetError or FaceModelError.
    """
    detailed = name.endswith(DETAIL) and not Path(name).exists()
    model = named_source(name.removesuffix(DETAIL) if detailed else name).load()
    if points_of is not None and points_of.places is not None:
        model = with_extra_points(model, points_of.keypoints(points_of.places))
    return model_template(model, name, export_levels(model) if detailed else 0)
