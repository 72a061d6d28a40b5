"""A picture of a store: for each sample the image, its landmarks, part map, depth, and what was drawn."""

import cv2
import numpy as np
from jaxtyping import UInt8

from hiface_pl.data.store import SampleStore
from hiface_pl.synthesis.sample import Pixel, SyntheticSample

COLOURS = {
    Pixel.BACKGROUND: (24, 24, 28),
    Pixel.SKIN: (236, 188, 160),
    Pixel.MOUTH: (130, 20, 30),
    Pixel.LEFT_EYE: (70, 150, 240),
    Pixel.RIGHT_EYE: (80, 220, 170),
    Pixel.TEETH: (250, 250, 245),
    Pixel.HAIR: (105, 75, 45),
    Pixel.COVER: (190, 80, 190),
}
SHOWN, HIDDEN = (60, 230, 90), (240, 90, 60)
LINE = 13


def contact_sheet(store: SampleStore, count: int, columns: int = 4) -> UInt8[np.ndarray, "h w 3"]:
    """The first `count` samples of a store, four pictures each: image, landmarks (green seen, red hidden), parts, depth."""
    tiles = [_tile(store.read(index)) for index in range(min(count, len(store)))]
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)])


def _tile(sample: SyntheticSample) -> UInt8[np.ndarray, "h w 3"]:
    pictures = [sample.image, _with_landmarks(sample), _parts(sample), _depth(sample)]
    side = sample.image.shape[0]
    tile = np.vstack([np.hstack(pictures), np.zeros((LINE, 4 * side, 3), np.uint8)])
    sex = "m" if sample.male > 0.5 else "f"
    text = f"{sample.index}: {sex} {sample.age:.0f}, wrinkles {sample.detail_age:.0f}, hidden {100 * sample.occlusion:.0f}%"
    if not sample.expression.any():
        text += ", neutral"
    cv2.putText(tile, text, (3, side + LINE - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.33, (235, 235, 235), 1, cv2.LINE_AA)
    return tile


def _with_landmarks(sample: SyntheticSample) -> UInt8[np.ndarray, "h w 3"]:
    factor = 4
    large = cv2.resize(sample.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    for (x, y), seen in zip(sample.landmarks * large.shape[0], sample.visible, strict=True):
        cv2.circle(large, (round(float(x)), round(float(y))), factor + 2, SHOWN if seen else HIDDEN, -1, cv2.LINE_AA)
    return np.asarray(cv2.resize(large, sample.image.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _parts(sample: SyntheticSample) -> UInt8[np.ndarray, "h w 3"]:
    return np.array([COLOURS[Pixel(part)] for part in range(len(COLOURS))], np.uint8)[sample.parts]


def _depth(sample: SyntheticSample) -> UInt8[np.ndarray, "h w 3"]:
    if sample.depth is None or not sample.depth.any():
        return np.zeros_like(sample.image)
    near, far = sample.depth[sample.depth > 0].min(), sample.depth.max()
    shade = 235 - 200 * (sample.depth.astype(np.float32) - near) / max(float(far) - near, 1)
    return np.repeat(np.where(sample.depth > 0, shade, 12).astype(np.uint8)[..., None], 3, axis=2)
