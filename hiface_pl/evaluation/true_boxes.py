"""Where the faces of an open scan set are, by its truth: a network is measured apart from a detector that misses turned faces."""

from pathlib import Path

import numpy as np

from hiface_pl.data.open_scans.meta import read_meta
from hiface_pl.data.open_scans.truth import ScanTruth, TruePicture, read_truth
from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.evaluation.realy.names import subject_of
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.inference.detector import BoxGiven, FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.synthesis.placement import project_points, rotation_matrix


def true_box(truth: ScanTruth, picture: TruePicture, model: FaceModel, width: int) -> BoxGiven:
    """What the true 68 landmarks span in an image `width` pixels wide. `model` is the one that the set was made with."""
    vertices = truth.neutral + np.tensordot(picture.expression, model.expression_basis, axes=1).astype(np.float32)
    camera = model.keypoints68.on(vertices) @ rotation_matrix(picture.rotation).T + picture.translation
    places = project_points(camera) * width
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    return BoxGiven(float(left), float(top), float(right - left), float(bottom - top))


class TrueBoxes(FaceDetector):
    """True boxes of a set's frontal images and side views, by name (12, 12_3). The network's own landmarks place the crop, as always."""

    certain = True

    def __init__(self, folder: Path, model: FaceModel) -> None:
        """Raises EvaluationError where the folder is not an open scan set, or one of another face model."""
        meta = read_meta(folder)
        if meta.fingerprint != model.fingerprint:
            raise EvaluationError(
                f"{folder} was made with the face model {meta.face_model} ({meta.fingerprint}), the network has {model.name} "
                f"({model.fingerprint}), so its truth cannot say where faces are: leave out --boxes truth"
            )
        self.folder, self.model = folder, model

    def find(self, photo: Photo) -> list[FaceBox]:
        """The one box. Raises PhotoError for an image that the set does not know, EvaluationError where its truth is damaged."""
        subject = subject_of(photo.name)
        truth = None if subject is None else read_truth(self.folder, subject)
        for picture in () if truth is None else truth.pictures:
            if truth is not None and picture.kind != "expression" and picture.path.stem == photo.name:
                return true_box(truth, picture, self.model, photo.pixels.shape[1]).find(photo)
        raise PhotoError(f"{self.folder} knows no image {photo.name}: leave out --boxes truth")
