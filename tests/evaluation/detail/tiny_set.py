"""An open scan set of the tiny face model: two people, seven pictures each, wrinkles from outside the bases."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hiface_pl.data.open_scans.layout import META, picture_places, truth_path
from hiface_pl.data.open_scans.meta import ScanSetMeta
from hiface_pl.data.open_scans.truth import ScanFrame, ScanTruth, TruePicture, pack_truth
from hiface_pl.details.pole_blend import PoleBlend, blend
from hiface_pl.details.tension import MeanTension
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Shape

EXPRESSIONS = {"neutral": [0.0, 0, 0, 0], "open": [1.0, 0, 0, 0.5], "smile": [0, 0.8, 0.8, 0]}


def tiny_truth(assets: FaceAssets, subject: int) -> ScanTruth:
    """A person whose maps are random combinations of the bases plus noise."""
    rng = np.random.default_rng(subject)
    model, detail = assets.model, assets.detail
    identity = rng.normal(size=len(model.identity_basis)).astype(np.float32)
    maps = {}
    for name in ("static", "compressed", "stretched"):
        basis = getattr(detail, name)
        maps[name] = basis.mean + rng.normal(size=len(basis.basis)).astype(np.float32) @ basis.basis
        maps[name] += rng.normal(0, 0.02, len(basis.mean)).astype(np.float32)
    truth = ScanTruth(
        subject=subject,
        age=40.0,
        detail_age=50.0,
        male=1.0,
        identity=identity,
        neutral=model.vertices(identity),
        map_size=detail.size,
        texels=detail.texels,
        frame=ScanFrame(np.eye(3), np.zeros(3), 9.0),
        pictures=(),
        **maps,
    )
    return replace(truth, pictures=tuple(_picture(assets, truth, place) for place in picture_places(subject)))


def write_tiny_set(folder: Path, assets: FaceAssets, subjects: int = 2) -> Path:
    """Truth, meta data and grey pictures."""
    model = assets.model
    meta = ScanSetMeta(subjects, 0, 64, model.name, model.fingerprint, BASES, 1, model.licence)
    folder.mkdir()
    (folder / META).write_text(meta.to_json())
    for subject in range(1, subjects + 1):
        path = folder / truth_path(subject)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pack_truth(tiny_truth(assets, subject)))
        for k, place in enumerate(picture_places(subject)):
            (folder / place.path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((64, 64, 3), 100 + 10 * k + subject, np.uint8)).save(folder / place.path)
    return folder


def _picture(assets: FaceAssets, truth: ScanTruth, place) -> TruePicture:
    name = "neutral" if place.kind != "expression" else ("open", "smile")[int(place.name[-1]) - 1]
    expression = np.array(EXPRESSIONS[name], np.float32)
    total = truth.static if name == "neutral" else _blended(assets, truth, expression)
    return TruePicture(place.kind, place.path, 0.0, np.zeros(3, np.float32), np.zeros(3, np.float32), expression, name, total)


def _blended(assets: FaceAssets, truth: ScanTruth, expression: np.ndarray) -> np.ndarray:
    poles = PoleBlend(MeanTension())
    poles.bind(assets)
    neutral = torch.from_numpy(truth.neutral)[None]
    moved = neutral + torch.from_numpy(np.tensordot(expression, assets.model.expression_basis, axes=1))
    weights = (weight[0] for weight in poles.weights(Shape(neutral, moved)))
    dynamic = blend(torch.from_numpy(truth.compressed), torch.from_numpy(truth.stretched), *weights)
    return truth.static + dynamic.numpy()
