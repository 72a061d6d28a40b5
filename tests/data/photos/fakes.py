"""Networks that look at coloured rectangles instead of faces: milliseconds, and what they should find is known."""

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from hiface_pl.data.crop import Crop
from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.photos.face_maker import Outcome
from hiface_pl.data.photos.perception import Perception
from hiface_pl.data.photos.photo_record import PhotoFace
from hiface_pl.data.photos.photo_writer import PhotoWriter
from hiface_pl.data.photos.prepare import PrepareSettings, prepare
from hiface_pl.data.photos.sources import Source, find_sources
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import ChipLayout
from hiface_pl.perception.face_landmarks import FaceLandmarks, LandmarkDetector
from hiface_pl.perception.landmark_points import FIVE
from hiface_pl.perception.skin import SkinMasker

SIZE = 32


class RedFaces(LandmarkDetector):
    """A face is a connected red rectangle; its points are a fixed cloud over it."""

    def find(self, image):
        red = ((image[..., 0] > 150) & (image[..., 1] < 110)).astype(np.uint8)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(red)
        rng = np.random.default_rng(0)
        cloud = rng.random((468, 2))
        cloud[list(FIVE)] = [[0.1, 0.3], [0.4, 0.3], [0.6, 0.3], [0.9, 0.3], [0.5, 0.6]]
        faces = [FaceLandmarks(box[:2] + cloud * box[2:4], np.full(468, 0.9), 0.95) for box in boxes[1:].astype(float) if box[4] > 100]
        return sorted(faces, key=lambda face: face.size, reverse=True)


class EverythingIsSkin(SkinMasker):
    def mask(self, image, face):
        return np.ones(image.shape[:2], dtype=bool)


class MeanColour(Embedder):
    layout = ChipLayout(16, 0.2)

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(1, 2, 3))[:, None].expand(-1, self.size) + torch.arange(self.size)


def fake_perception() -> Perception:
    return Perception(RedFaces(), EverythingIsSkin(), MeanColour(128), MeanColour(81))


def picture(*boxes, size=(160, 120), noise=True) -> Image.Image:
    """Grey with red rectangles (left, top, width, height); `noise` makes them sharp."""
    pixels = np.full((size[1], size[0], 3), 120, np.float64)
    for x, y, width, height in boxes:
        pixels[y : y + height, x : x + width] = (200, 60, 60)
    grain = np.random.default_rng(0).normal(0, 12, pixels.shape) if noise else 0
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def prepared(store, *places, jobs=1, told=lambda *_: None, every=1, engine=None, **settings):
    """The report of a run with the fake networks."""
    sources = find_sources([str(place) for place in places], every, store)
    meta = PrepareSettings(image_size=SIZE, **settings).meta(sources, "fake")
    return prepare(store, sources, meta, engine or LocalEngine(jobs), told, fake_perception)


def fake_face(index, side=16):
    """A photo of noise with known numbers."""
    rng = np.random.default_rng(1000 + index)
    age = rng.random(81)
    return PhotoFace(
        photo=f"{index}.jpg",
        face=0,
        person="",
        place=Crop.whole(side),
        image=rng.integers(0, 255, (side, side, 3), dtype=np.uint8),
        skin=rng.random((side, side)) < 0.8,
        landmarks=rng.random((468, 2)).astype(np.float32),
        certainty=np.full(468, 0.5, np.float32),
        identity=rng.random(128).astype(np.float32),
        age=(age / age.sum()).astype(np.float32),
        presence=1.0,
        sharpness=0.5,
    )


def fake_photos(path, count=7, side=16):
    """A store of such photos, one face each."""
    meta = PrepareSettings(image_size=side).meta([Source(f"{index}.jpg") for index in range(count)], "fake")
    writer = PhotoWriter(path, meta)
    writer.put(((index, Outcome(f"{index}.jpg", (fake_face(index, side).pack(),), ())) for index in range(count)), lambda _: None)
    writer.finish()
    return path
