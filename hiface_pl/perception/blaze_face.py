"""MediaPipe's face detectors (BlazeFace): boxes and six points of every face in a picture, decoded from anchors."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from hiface_pl.perception.square import Square
from hiface_pl.perception.tflite import TfliteNetwork

_FOLDER = "mediapipe/modules/face_detection"


class Layer(NamedTuple):
    """A layer of anchors: one place every `stride` pixels, `anchors` of them there."""

    stride: int
    anchors: int


@dataclass(frozen=True)
class Layout:
    """A detector's member in the wheel, side of its input, anchors, and the score from which a hit counts. Paper: the published graphs."""

    member: str
    side: int
    layers: tuple[Layer, ...]
    score: float


SHORT_RANGE = Layout(f"{_FOLDER}/face_detection_short_range.tflite", 128, (Layer(8, 2), Layer(16, 6)), 0.5)
"""For faces that fill much of the picture."""
FULL_RANGE = Layout(f"{_FOLDER}/face_detection_full_range_sparse.tflite", 192, (Layer(4, 1),), 0.6)
"""For smaller faces."""
SAME_FACE = 0.3
"""Overlap (intersection over union) from which two hits speak of one face. Paper: the published graphs."""


@dataclass(frozen=True)
class Detection:
    """A box (left, top, right, bottom) and six points in pixels: right and left eye, nose, mouth, right and left ear; score in [0, 1]."""

    box: Float64[np.ndarray, " 4"]
    points: Float64[np.ndarray, "6 2"]
    score: float


class BlazeFace:
    """One of the detectors."""

    def __init__(self, content: bytes, layout: Layout) -> None:
        self._network = TfliteNetwork(content)
        self._layout = layout
        self._anchors = anchors(layout)

    def find(self, image: UInt8[np.ndarray, "h w 3"], inside: Square | None = None) -> list[Detection]:
        """The faces in a picture, or in a square of it, the surest first. None found is an empty list."""
        height, width = image.shape[:2]
        whole = inside or Square(width / 2, height / 2, float(max(width, height)))
        shown = whole.cut(image, self._layout.side, border=cv2.BORDER_CONSTANT)
        values, scores = self._network(shown.astype(np.float32) / 127.5 - 1)
        hits = self._hits(values, scores[:, 0])
        return [
            Detection(whole.to_image(hit[:4].reshape(2, 2)).ravel(), whole.to_image(hit[4:16].reshape(6, 2)), float(hit[16]))
            for hit in hits
        ]

    def _hits(self, values: Float32[np.ndarray, "n 16"], logits: Float32[np.ndarray, " n"]) -> Float64[np.ndarray, "m 17"]:
        """Rows of corners, points (in square sides) and score, one a face."""
        scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
        sure = scores >= self._layout.score
        places = values[sure].astype(np.float64).reshape(-1, 8, 2) / self._layout.side
        places[:, [0, *range(2, 8)]] += self._anchors[sure][:, None]
        centre, half = places[:, 0], places[:, 1] / 2
        rows = np.concatenate([centre - half, centre + half, places[:, 2:].reshape(-1, 12), scores[sure, None]], axis=1)
        return merged(rows)


def anchors(layout: Layout) -> Float64[np.ndarray, "n 2"]:
    """Centres of the anchors in input widths, layer by layer, row by row."""
    rows = []
    for stride, count in layout.layers:
        places = (np.arange(layout.side // stride) + 0.5) * stride / layout.side
        y, x = np.meshgrid(places, places, indexing="ij")
        rows.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), count, axis=0))
    return np.concatenate(rows)


def merged(rows: Float64[np.ndarray, "n 17"]) -> Float64[np.ndarray, "m 17"]:
    """Overlapping hits become one, weighted by score, with the best one's score. Paper: BlazeFace's blending of hits."""
    left = rows[np.argsort(-rows[:, 16], kind="stable")]
    faces = []
    while len(left):
        same = overlap(left[0, :4], left[:, :4]) > SAME_FACE
        same[0] = True
        weights = left[same, 16:]
        faces.append(np.append((left[same, :16] * weights).sum(axis=0) / weights.sum(), left[0, 16]))
        left = left[~same]
    return np.array(faces).reshape(-1, 17)


def overlap(box: Float64[np.ndarray, " 4"], boxes: Float64[np.ndarray, "n 4"]) -> Float64[np.ndarray, " n"]:
    """Intersection over union of a box (left, top, right, bottom) with others."""
    shared = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None).prod(axis=1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return shared / np.maximum(np.clip(box[2:] - box[:2], 0, None).prod() + areas - shared, 1e-12)
