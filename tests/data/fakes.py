"""Stores of random records for tests of what reads them; the pictures are noise, the numbers are known."""

from pathlib import Path

import cv2
import numpy as np

from hiface_pl.data.records import FIXED_SHAPES, coefficient_sizes
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.data.store_writer import StoreWriter
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.synthesis.sample import SyntheticSample
from tests.tiny import tiny_assets, tiny_model

SIZE = 16


def fake_meta(count: int = 5, image_size: int = SIZE, split: str = "train") -> StoreMeta:
    return StoreMeta(
        count=count,
        image_size=image_size,
        seed=0,
        split=split,
        face_model="tiny",
        fingerprint=tiny_model().fingerprint,
        bases=BASES,
        generator=1,
        detail="inside",
        focal=4.5,
        sizes=coefficient_sizes(tiny_assets()),
    )


def fake_sample(index: int, meta: StoreMeta) -> SyntheticSample:
    rng = np.random.default_rng(index)
    side = meta.image_size
    jpeg = cv2.imencode(".jpg", rng.integers(0, 255, (side, side, 3), dtype=np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in meta.layout.shapes.items() if shape}
    return SyntheticSample(
        index=index,
        jpeg=jpeg,
        image=cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB),
        parts=rng.integers(0, 3, (side, side)).astype(np.uint8),
        depth=rng.integers(0, 9000, (side, side)).astype(np.uint16),
        residual=rng.normal(size=(3, 7)).astype(np.float16) if meta.detail == "outside" else None,
        **arrays,
        **{name: float(20 + index) for name, shape in FIXED_SHAPES.items() if not shape},
    )


def fake_store(path: Path, meta: StoreMeta | None = None) -> Path:
    meta = meta or fake_meta()
    writer = StoreWriter(path, meta)
    writer.put((index, meta.layout.pack(fake_sample(index, meta))) for index in range(meta.count))
    writer.finish()
    return path
