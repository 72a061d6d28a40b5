"""The ICT face model (light): 100 identity modes learned from scans, 53 to 57 expression units, MIT licence; the user clones it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.attached_parts import with_eyeballs, with_gaze, with_mouth_bag
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import FaceModel, Part, SurfacePoints
from hiface_pl.face_models.ict_files import REPOSITORY, IctArrays, read_ict
from hiface_pl.face_models.keypoint_rules import extra_places
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.paths import assets_folder

LANDMARKS_68 = (
    *(1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443),
    *(268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360),
    *(1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732),
    *(5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966),
)
"""Vertices of the 68 landmarks, as the model's documentation lists them."""
_FACE_VERTICES, _FACE_QUADS = 9409, 9230


@dataclass(frozen=True)
class _Piece:
    """A run of faces of the whole head, as the model's documentation lists them, and what it becomes here."""

    first: int
    last: int
    part: Part


_WHOLE_HEAD = (
    _Piece(0, 9230, Part.SKIN),
    _Piece(9230, 11144, Part.SKIN),
    _Piece(11144, 14034, Part.MOUTH),
    _Piece(14034, 17006, Part.MOUTH),
    _Piece(17006, 21496, Part.TEETH),
    _Piece(21496, 22296, Part.LEFT_EYE),
    _Piece(23094, 23894, Part.RIGHT_EYE),
)
"""Face, head and neck, mouth and eye sockets, gums and tongue, teeth, the two scleras. Left out: irises, which the scleras cover, and the
transparent or hair-like pieces."""
_CORNER = 0.02


class IctFace(FaceModelSource):
    """Reads ICT-FaceKit: the face area with simple eyes and a mouth bag, or the whole head with real eyes and teeth."""

    def __init__(self, path: Path | None = None, whole_head: bool = False, modes: int | None = None) -> None:
        """`path` is a clone of the repository or an .npz of its arrays (default: under HIFACE_HOME); `modes` keeps the first modes only."""
        self.path = assets_folder() / "ICT-FaceKit" if path is None else Path(path)
        self.whole_head = whole_head
        self.modes = modes

    def load(self) -> FaceModel:
        """The model in mm, centred. Raises AssetError that says what to clone, or FaceModelError."""
        arrays = read_ict(self.path, self.modes)
        if len(arrays.neutral) <= max(LANDMARKS_68) or (self.whole_head and len(arrays.quads) < _WHOLE_HEAD[-1].last):
            held = "only the face area" if self.whole_head else "too few vertices"
            raise FaceModelError(f"{self.path} holds {held} ({len(arrays.neutral)} vertices): name a whole clone of ICT-FaceKit")
        model = _whole_head(arrays) if self.whole_head else _face_area(arrays)
        model = _used_units(model)
        return with_gaze(model) if self.whole_head else with_mouth_bag(with_eyeballs(model))


def _face_area(arrays: IctArrays) -> FaceModel:
    faces = np.arange(min(len(arrays.quads), _FACE_QUADS))
    return _model(arrays, "ict-face", faces, np.zeros(len(faces), dtype=np.uint8), arrays.uv)


def _whole_head(arrays: IctArrays) -> FaceModel:
    faces = np.concatenate([np.arange(piece.first, piece.last) for piece in _WHOLE_HEAD])
    part = np.concatenate([np.full(piece.last - piece.first, piece.part, dtype=np.uint8) for piece in _WHOLE_HEAD])
    uv = arrays.uv.copy()
    face = np.unique(arrays.uv_quads[:_FACE_QUADS])
    others = np.setdiff1d(np.arange(len(uv)), face)
    # Other pieces have tiles of their own, or share the face's: they move into a corner that the face leaves free.
    uv[others] = (uv[others] % 1.0) * _CORNER + 0.001
    return _model(arrays, "ict-head", faces, part, uv)


def _model(arrays: IctArrays, name: str, faces: np.ndarray, part: np.ndarray, uv: np.ndarray) -> FaceModel:
    """The chosen faces with the vertices that they use; face-area vertices keep their numbers, to which landmarks refer."""
    quads, used = _compact(arrays.quads[faces], min(len(arrays.neutral), _FACE_VERTICES))
    uv_quads, used_uv = _compact(arrays.uv_quads[faces], 0)
    mean = arrays.neutral[used]
    centre = mean[: min(len(mean), _FACE_VERTICES)].mean(axis=0) * [0, 1, 1]
    mean = (mean - centre).astype(np.float32)
    model = FaceModel(
        name=name,
        licence="MIT (ICT-FaceKit Light, Copyright 2020 USC Institute for Creative Technologies)",
        provenance=f"ICT-FaceKit Light (GitHub repository {REPOSITORY}), in mm, centred; parts and points 68 to 84 by this project",
        mean=mean,
        identity_basis=arrays.identity[:, used],
        expression_basis=arrays.expression[:, used],
        expression_names=arrays.names,
        quads=quads,
        uv=uv[used_uv],
        uv_quads=uv_quads,
        part=part,
        keypoints68=SurfacePoints.at_vertices(list(LANDMARKS_68)),
    )
    return replace(model, keypoints85=_keypoints85(model))


def _compact(quads: np.ndarray, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces renumbered over the vertices in use, of which the first `kept` all stay."""
    used = np.unique(np.concatenate([np.arange(kept), quads[quads >= 0]]))
    return np.where(quads < 0, -1, np.searchsorted(used, quads)).astype(np.int32), used


def _keypoints85(model: FaceModel) -> SurfacePoints:
    extra = closest_on_skin(model, extra_places(model.keypoints68.on(model.mean)))
    vertices = np.concatenate([model.keypoints68.vertices, extra.vertices])
    return SurfacePoints(vertices, np.concatenate([model.keypoints68.weights, extra.weights]))


def _used_units(model: FaceModel) -> FaceModel:
    """Without the units that move nothing here, such as the pupils' where there is no iris."""
    moving = np.flatnonzero(np.abs(model.expression_basis).max(axis=(1, 2)) > 1e-3)
    names = tuple(model.expression_names[unit] for unit in moving)
    return replace(model, expression_basis=model.expression_basis[moving], expression_names=names)
