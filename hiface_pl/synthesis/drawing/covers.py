"""Things in front of the face: blobs, bars, hands, glasses. They hide pixels from the skin mask."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, Float32

COVER_SHARE = 0.11
GLASSES_SHARE = 0.1
SHIFT_BITS = 4


class Canvas:
    """An image and what covers it: `colour` linear RGB, `covered` the opacity of everything drawn since, both at one resolution."""

    def __init__(self, colour: Float32[np.ndarray, "h w 3"]) -> None:
        self.colour = colour
        self.size = colour.shape[0]
        self.covered = np.zeros(colour.shape[:2], np.float32)

    def put(self, alpha: Float32[np.ndarray, "h w"], colour: np.ndarray) -> None:
        """Lays a colour (3 numbers or an image) over the canvas."""
        opacity = alpha[..., None]
        self.colour = self.colour * (1 - opacity) + np.asarray(colour, np.float32) * opacity
        self.covered = 1 - (1 - self.covered) * (1 - alpha)


def polygon_mask(size: int, outlines: Sequence[Float[np.ndarray, "_ 2"]]) -> Float32[np.ndarray, "h w"]:
    """Anti-aliased filled outlines given in image widths."""
    mask = np.zeros((size, size), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [_fixed(outline, size)], 255, cv2.LINE_AA, SHIFT_BITS)
    return mask.astype(np.float32) / 255


def stroke_mask(size: int, lines: Sequence[Float[np.ndarray, "_ 2"]], width: float, *, closed: bool = False) -> Float32[np.ndarray, "h w"]:
    """Anti-aliased lines given in image widths; `width` too."""
    mask = np.zeros((4 * size, 4 * size), np.uint8)
    for line in lines:
        cv2.polylines(mask, [_fixed(line, 4 * size)], closed, 255, max(1, round(4 * size * width)), cv2.LINE_AA, SHIFT_BITS)
    return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA), np.float32) / 255


def draw_covers(rng: np.random.Generator, canvas: Canvas, landmarks: Float[np.ndarray, "68 2"], skin: np.ndarray) -> None:
    """Glasses and other things at random; `landmarks` in image widths, `skin` the linear colour of hands."""
    if rng.random() < GLASSES_SHARE:
        _glasses(rng, canvas, landmarks)
    if rng.random() < COVER_SHARE:
        kind = rng.integers(3)
        if kind == 0:
            _blob(rng, canvas)
        elif kind == 1:
            _bar(rng, canvas)
        else:
            _hand(rng, canvas, skin)


def _glasses(rng: np.random.Generator, canvas: Canvas, landmarks: np.ndarray) -> None:
    """Two rims around the eyes, a bridge, temples towards the ears; now and then dark lenses."""
    right, left = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    across = left - right
    nose = landmarks[33] - 0.5 * (right + left)
    down = nose * rng.uniform(0.36, 0.5)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    power = rng.uniform(0.5, 1.0)  # below 1 the rims are squarer
    shape = [np.sign(f(turn)) * np.abs(f(turn)) ** power for f in (np.cos, np.sin)]
    seen = [np.linalg.norm(landmarks[b] - landmarks[a]) for a, b in ((36, 39), (42, 45))]  # the farther eye looks narrower
    wide = rng.uniform(0.36, 0.42)
    widths = [wide * across * float(np.clip(2 * part / sum(seen), 0.6, 1.2)) for part in seen]
    rims = [
        eye + 0.2 * down + shape[0][:, None] * width + shape[1][:, None] * down for eye, width in zip((right, left), widths, strict=True)
    ]
    colour = rng.uniform(0.005, 0.05) * np.ones(3) if rng.random() < 0.7 else rng.uniform(0.02, 0.35, 3)
    lines = [np.stack([rims[0][0], 0.5 * (rims[0][0] + rims[1][16]) - 0.1 * down, rims[1][16]])]
    lines += [np.stack([rims[0][16], landmarks[0] - 0.5 * down]), np.stack([rims[1][0], landmarks[16] - 0.5 * down])]
    if rng.random() < 0.12:
        canvas.put(polygon_mask(canvas.size, rims) * np.float32(rng.uniform(0.6, 0.95)), colour)
    width = float(np.linalg.norm(across)) * rng.uniform(0.02, 0.07)
    canvas.put(stroke_mask(canvas.size, rims, width, closed=True), colour)
    canvas.put(stroke_mask(canvas.size, lines, width), colour)


def _blob(rng: np.random.Generator, canvas: Canvas) -> None:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = rng.uniform(0.06, 0.2) * (1 + 0.25 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.12 * np.sin(3 * turn + rng.uniform(0, 6)))
    outline = rng.uniform(0.05, 0.95, 2) + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    canvas.put(polygon_mask(canvas.size, [outline]), _surface(rng, canvas.size))


def _bar(rng: np.random.Generator, canvas: Canvas) -> None:
    angle, offset = rng.uniform(0, np.pi), rng.uniform(0.1, 0.9, 2)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) * rng.uniform(0.02, 0.09)
    start, end = offset - along * rng.uniform(0.1, 1.5), offset + along * rng.uniform(0.1, 1.5)
    canvas.put(
        polygon_mask(canvas.size, [np.stack([start - across, end - across, end + across, start + across])]), _surface(rng, canvas.size)
    )


def _hand(rng: np.random.Generator, canvas: Canvas, skin: np.ndarray) -> None:
    """A palm that comes in from below or a side, with four fingers and a thumb; darker between the fingers."""
    side = rng.choice([-1, 1])
    palm = np.array([0.5 + side * rng.uniform(0.25, 0.5), rng.uniform(0.6, 1.0)])
    angle = np.arctan2(0.45 - palm[1], 0.5 - palm[0]) + rng.normal(0, 0.25)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    scale = rng.uniform(0.75, 1.1)
    arm = [palm - 0.6 * along, palm + 0.06 * scale * along]
    canvas.put(stroke_mask(canvas.size, [np.stack(arm)], 0.17 * scale), 0.9 * skin)
    for finger in range(4):
        spread = (finger - 1.5) * 0.043 * scale
        bend = rng.normal(0, 0.02)
        base, tip = palm + across * spread, palm + across * (spread * rng.uniform(1.1, 1.6) + bend) + along * rng.uniform(0.2, 0.27) * scale
        canvas.put(stroke_mask(canvas.size, [np.stack([base, tip])], 0.05 * scale), 0.7 * skin)
        canvas.put(stroke_mask(canvas.size, [np.stack([base, tip])], 0.038 * scale), skin * rng.uniform(0.95, 1.08))
    thumb = [palm - side * across * 0.07 * scale, palm - side * across * 0.13 * scale + along * 0.12 * scale]
    canvas.put(stroke_mask(canvas.size, [np.stack(thumb)], 0.045 * scale), skin)


def _surface(rng: np.random.Generator, size: int) -> Float32[np.ndarray, "h w 3"]:
    """A colour with soft stripes or spots."""
    base, other = np.square(rng.uniform(0.05, 0.95, (2, 3)))
    pattern = cv2.resize(rng.random((4, 4), dtype=np.float32), (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.asarray(base + np.float32(rng.uniform(0, 0.8)) * pattern * (other - base), np.float32)


def _fixed(points: np.ndarray, size: int) -> np.ndarray:
    """Image widths as pixel coordinates with SHIFT_BITS fractional bits."""
    return np.round((np.clip(points, -4, 5) * size - 0.5) * (1 << SHIFT_BITS)).astype(np.int32)
