"""A network on an open scan set: every image is reconstructed and its detail compared with the truth."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hiface_pl.data.open_scans.layout import META
from hiface_pl.data.open_scans.meta import read_meta
from hiface_pl.data.open_scans.truth import ScanTruth, TruePicture, read_truth
from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.evaluation.bound_folder import bind_folder
from hiface_pl.evaluation.detail.decoupling import StaticMap, decoupling
from hiface_pl.evaluation.detail.picture_detail import PictureDetail, read_pictures, write_pictures
from hiface_pl.evaluation.detail.picture_errors import PictureErrors, Quantity
from hiface_pl.evaluation.detail.results import DetailResults
from hiface_pl.evaluation.realy.failure_reasons import reason_of
from hiface_pl.evaluation.true_boxes import true_box
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.photo import read_photo
from hiface_pl.inference.reconstruct import reconstruct_photo
from hiface_pl.reconstructor import Reconstructor

VERSION = "1"
"""Raised whenever a score is computed differently."""
MADE_FROM = "detail_made_from.json"
TURNED = "side"
"""Images of this kind do not enter the decoupling scores: they show half of a face. Our choice."""


class SetMeasure:
    """One set and one network of the same face model. Raises EvaluationError where they do not fit."""

    def __init__(self, folder: Path, network: Reconstructor, detector: FaceDetector | None) -> None:
        """Without a detector the set itself tells where each face is."""
        self.folder, self.meta = folder, read_meta(folder)
        self.network, self.detector = network.cpu().eval(), detector
        assets = network.assets
        model = assets.model
        if (self.meta.fingerprint, self.meta.bases) != (model.fingerprint, BASES):
            raise EvaluationError(
                f"{folder} was made with the face model {self.meta.face_model} ({self.meta.fingerprint}, bases {self.meta.bases}), the "
                f"network has {model.name} ({model.fingerprint}, bases {BASES}), and maps of two models cannot be compared: "
                "make a set with the network's face model by `hiface-pl data open-scans --face-model`"
            )
        self.errors = PictureErrors(assets)

    def run(self, weights: Path, out: Path, progress: Callable[[int, int], None]) -> DetailResults:
        """Measures all people, or takes what a former, stopped run kept in `out`. Raises EvaluationError or OutputError."""
        boxes = "truth" if self.detector is None else "detector"
        network, set_ = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (weights, self.folder / META))
        bind_folder(out, MADE_FROM, {"network": network, "set": set_, "boxes": boxes, "version": VERSION})
        pictures: list[PictureDetail] = []
        maps: list[StaticMap] = []
        people = range(1, self.meta.subjects + 1)
        for number in people:
            progress(number - 1, len(people))
            truth, path = read_truth(self.folder, number), out / "subjects" / f"{number}.npz"
            found = read_pictures(path)
            if found is None:
                found = tuple(self._picture(truth, picture) for picture in truth.pictures)
                write_pictures(path, found)
            pictures += found
            rows = [row for row in found if row.static is not None and row.kind != TURNED]
            maps += [StaticMap(number, row.expression, row.static, truth.static) for row in rows if row.static is not None]
        progress(len(people), len(people))
        weights_of_texels = self.errors.kinds[Quantity.STATIC].weights.numpy()
        settings = {"set": self.meta.summary, "network": network, "boxes": boxes, "version": VERSION}
        return DetailResults(tuple(pictures), decoupling(maps, weights_of_texels), settings)

    def _picture(self, truth: ScanTruth, picture: TruePicture) -> PictureDetail:
        known = PictureDetail(str(picture.path), picture.kind, picture.expression_name)
        try:
            photo = read_photo(self.folder / picture.path)
            detector = self.detector or true_box(truth, picture, self.network.assets.model, photo.pixels.shape[1])
            face = reconstruct_photo(photo, detector, self.network).reconstruction
        except PhotoError as error:
            return replace(known, problem=reason_of(error))
        return replace(known, errors=self.errors.measure(face, truth, picture), static=self.errors.static(face).numpy())
