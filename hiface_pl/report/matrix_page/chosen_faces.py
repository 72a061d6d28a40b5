"""The faces that all rows are shown on: held-out synthetic ones, with pictures and ground truth. They are chosen by the truth alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.details.tension import MeanTension
from hiface_pl.errors import EvaluationError, StoreError
from hiface_pl.evaluation.truth import TotalTruth
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.face_assets import DisplacementBasis, FaceAssets
from hiface_pl.paths import replacing
from hiface_pl.report.matrix_page.drivers import presets
from hiface_pl.report.matrix_page.row_faces import Layer, RowFaces
from hiface_pl.report.matrix_page.tension_recipe import TensionRecipe
from hiface_pl.types import FaceBatch, Labels

TRUTH = "truth.npz"
COUNT, AMONG = 4, 64
"""So many faces, chosen among the first ones of the store. Our choice."""
QUALITY = 88


@dataclass(frozen=True)
class ChosenFaces:
    """`indices` are numbers of samples in the test store, `pictures` their JPEG files, `truth` what the labels say about them."""

    indices: tuple[int, ...]
    pictures: tuple[bytes, ...]
    truth: RowFaces

    @property
    def key(self) -> dict[str, Any]:
        """What ties files of rows to these faces."""
        return {name: self.truth.about[name] for name in ("faces", "store", "model", "bases")}

    def require(self, assets: FaceAssets, folder: Path) -> None:
        """Raises EvaluationError unless the faces belong to this face model and its bases, in which they are kept as coefficients."""
        wanted = {"model": assets.model.fingerprint, "bases": BASES}
        odd = [name for name, value in wanted.items() if self.truth.about.get(name) != value]
        if odd:
            raise EvaluationError(
                f"the faces in {folder} belong to another face model or other displacement bases than those of {assets.model.name} here: "
                f"--face-model names another one, --no-meshes leaves them out, and once the folder is removed they are chosen anew"
            )

    def write(self, folder: Path) -> None:
        """Writes truth.npz and a JPEG file a face. Raises OutputError."""
        for index, picture in zip(self.indices, self.pictures, strict=True):
            with replacing(folder / f"face-{index}.jpg") as temporary:
                temporary.write_bytes(picture)
        self.truth.write(folder / TRUTH)

    @classmethod
    def read(cls, folder: Path) -> "ChosenFaces":
        """Raises EvaluationError where one of the files is missing or cannot be read."""
        truth = RowFaces.read(folder / TRUTH)
        indices = tuple(int(index) for index in truth.about["faces"])
        try:
            return cls(indices, tuple((folder / f"face-{index}.jpg").read_bytes() for index in indices), truth)
        except OSError as error:
            raise EvaluationError(f"{error.filename} is missing beside {TRUTH}: remove the folder {folder}, it is made anew") from error


def chosen(store: SampleStore, assets: FaceAssets, indices: Sequence[int] = ()) -> ChosenFaces:
    """These samples; without any, those among the first ones whose expressions wrinkle the skin most. Raises StoreError."""
    store.require(assets=assets)
    picked = tuple(indices) or _most_wrinkled(store, assets)
    odd = [index for index in picked if not 0 <= index < len(store)]
    if odd:
        raise StoreError(f"the store {store.path} has no face {odd[0]}: it has 0 to {len(store) - 1}")
    faces = batch_of(store, picked)
    about = {
        "faces": list(picked),
        "chosen": not indices,
        "store": store.meta.command,
        "face_model": store.meta.face_model,
        "model": assets.model.fingerprint,
        "bases": store.meta.bases,
    }
    return ChosenFaces(picked, tuple(_jpeg(image) for image in faces.image), _truth(faces.labels, assets, about))


def batch_of(store: SampleStore, indices: Sequence[int]) -> FaceBatch:
    """These samples as networks take them. Raises StoreError."""
    dataset = SyntheticDataset(store)
    return dataset.collate(dataset.__getitems__(list(indices)))


@torch.no_grad()
def _most_wrinkled(store: SampleStore, assets: FaceAssets) -> tuple[int, ...]:
    faces = batch_of(store, range(min(AMONG, len(store))))
    strength = TotalTruth(assets)(faces.labels).dynamic.square().mean(dim=(1, 2, 3))
    taken: dict[int, int] = {}
    for index in strength.argsort(descending=True).tolist():
        taken.setdefault(store.person(index), index)
    return tuple(sorted(list(taken.values())[:COUNT]))


def _truth(labels: Labels, assets: FaceAssets, about: dict[str, Any]) -> RowFaces:
    """The generator's poles are those of the person, whatever the expression: their samples are all the same."""
    drivers = 1 + len(presets(assets.model))
    detail, true = assets.detail, labels.coefficients
    layers = {
        name: _layer(coefficients, basis, None if labels.residual is None else labels.residual[:, number].float(), count)
        for number, (name, coefficients, basis, count) in enumerate(
            (
                ("static", true.static, detail.static, 1),
                ("compressed", labels.compressed, detail.compressed, drivers),
                ("stretched", labels.stretched, detail.stretched, drivers),
            )
        )
    }
    return RowFaces(true.identity.numpy(), true.expression.numpy(), layers, TensionRecipe.of(MeanTension()), about)


def _layer(coefficients: torch.Tensor, basis: DisplacementBasis, residual: torch.Tensor | None, count: int) -> Layer:
    values = coefficients.numpy()
    if residual is not None:
        values = basis.mean + values @ basis.basis + residual.numpy()
    return Layer(np.repeat(values[:, None].astype(np.float32), count, axis=1), spanned=residual is None)


def _jpeg(image: torch.Tensor) -> bytes:
    stream = BytesIO()
    Image.fromarray(np.rint(255 * image.permute(1, 2, 0).numpy()).astype(np.uint8)).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
