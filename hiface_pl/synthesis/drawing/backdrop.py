"""What is behind the head: blurred pictures, gradients and blobs. Linear RGB."""

from importlib.resources import files

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from hiface_pl.errors import AssetError

PICTURES = (
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "retina.jpg",
    "rocket.jpg",
)
"""Pictures inside scikit-image's wheel that show no person."""
LARGEST = 320
PICTURE_SHARE, GRADIENT_SHARE = 0.5, 0.3


class Backdrops:
    """Draws backgrounds; the pictures are read once. Raises AssetError where scikit-image came without them."""

    def __init__(self) -> None:
        folder = files("skimage") / "data"
        self._pictures = [
            _small_picture((folder / name).read_bytes(), name) if (folder / name).is_file() else _absent(name) for name in PICTURES
        ]

    def draw(self, rng: np.random.Generator, size: int) -> Float32[np.ndarray, "h w 3"]:
        """A background of `size` x `size` pixels."""
        kind = rng.random()
        if kind < PICTURE_SHARE:
            image = self._cut_out(rng, size)
        elif kind < PICTURE_SHARE + GRADIENT_SHARE:
            image = _gradient(rng, size)
        else:
            image = _blobs(rng, size)
        gain = rng.uniform(0.35, 1.15) * np.clip(rng.normal(1, 0.07, 3), 0.8, 1.2)
        return np.square(np.clip(image * gain.astype(np.float32), 0, 1))  # the square stands in for the display's power of 2.2

    def _cut_out(self, rng: np.random.Generator, size: int) -> np.ndarray:
        picture = self._pictures[rng.integers(len(self._pictures))]
        side = int(min(picture.shape[:2]) * rng.uniform(0.35, 1))
        row, column = rng.integers(0, picture.shape[0] - side + 1), rng.integers(0, picture.shape[1] - side + 1)
        piece = picture[row : row + side, column : column + side]
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        image: np.ndarray = cv2.resize(np.ascontiguousarray(piece), (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        blur = size * (rng.uniform(0.002, 0.03) if rng.random() < 0.7 else 0.0)
        if blur > 0.3:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        if rng.random() < 0.3:
            image = 0.5 * image + 0.5 * rng.uniform(0.1, 0.9, 3).astype(np.float32)
        return np.asarray(image[..., rng.permutation(3)] if rng.random() < 0.3 else image)


def _gradient(rng: np.random.Generator, size: int) -> np.ndarray:
    """Two to four colours at the corners of a small grid, enlarged: walls, sky, studio paper."""
    grid: np.ndarray = rng.uniform(0.05, 0.95, (int(rng.integers(2, 5)), int(rng.integers(2, 5)), 3))
    grey = rng.uniform(0.3, 0.95)
    grid = (1 - grey) * grid + grey * grid.mean(axis=2, keepdims=True)
    grid = grid.mean(axis=(0, 1)) + rng.uniform(0.2, 1) * (grid - grid.mean(axis=(0, 1)))
    return np.asarray(cv2.resize(grid.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC))


def _blobs(rng: np.random.Generator, size: int) -> np.ndarray:
    """Out of focus shapes: rectangles and disks under a blur."""
    image = np.empty((size, size, 3), np.float32)
    image[:] = rng.uniform(0.1, 0.9, 3)
    for _ in range(int(rng.integers(4, 14))):
        colour = rng.uniform(0.05, 1, 3).tolist()
        x, y, a, b = (int(v) for v in (*rng.integers(0, size, 2), *(size * rng.uniform(0.04, 0.4, 2))))
        if rng.random() < 0.5:
            cv2.rectangle(image, (x - a, y - b), (x + a, y + b), colour, -1)
        else:
            cv2.ellipse(image, (x, y), (a, b), rng.uniform(0, 180), 0, 360, colour, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), size * rng.uniform(0.008, 0.06)))


def _small_picture(encoded: bytes, name: str) -> UInt8[np.ndarray, "h w 3"]:
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        return _absent(name)
    scale = LARGEST / max(picture.shape[:2])
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture, np.uint8)


def _absent(name: str) -> UInt8[np.ndarray, "h w 3"]:
    raise AssetError(
        f"scikit-image has no readable data/{name}, which backgrounds are made from: install scikit-image from its wheel again"
    )
