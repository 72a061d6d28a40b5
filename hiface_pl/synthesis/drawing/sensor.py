"""The simulated camera: glare, blur, low resolution, noise, tone curve and JPEG, from linear light to the file."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

SUBSAMPLING = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)


def expose(rng: np.random.Generator, light: Float32[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Display bytes of linear RGB: vignette, blur, noise, tone curve. Exposure and white balance are part of the light: its label holds."""
    size = light.shape[0]
    image = light.copy()
    if rng.random() < 0.4:
        image *= _vignette(size, rng.uniform(0.05, 0.4))
    image = _blurred(rng, image)
    noise = rng.uniform(0, 0.02) if rng.random() < 0.8 else rng.uniform(0.02, 0.05)
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    image += np.float32(noise) * np.sqrt(np.clip(image, 0, 1) * 0.5 + 0.02) * grain
    image = np.clip(image, 0, 1) ** np.float32(1 / 2.2 * np.exp(rng.normal(0, 0.08)))
    contrast = rng.uniform(-0.08, 0.2)
    image = image + np.float32(contrast) * (image - np.float32(0.5)) * 4 * image * (1 - image)
    saturation = np.float32(rng.uniform(0.85, 1.15) if rng.random() < 0.95 else 0.0)
    grey = image.mean(axis=2, keepdims=True)
    return np.asarray(np.clip((grey + saturation * (image - grey)) * 255 + 0.5, 0, 255), np.uint8)


def write_jpeg(rng: np.random.Generator, image: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """The file that the camera writes: quality 60 to 98, chroma at full or half resolution."""
    quality = int(rng.integers(60, 99))
    sampling = SUBSAMPLING[int(rng.random() < 0.35)]
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)[1].tobytes()


def _blurred(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    size, kind = image.shape[0], rng.random()
    unit = size / 112
    if kind < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), unit * rng.uniform(0.25, 0.9)))
    if kind < 0.58:
        length = max(3, int(unit * rng.uniform(2, 6)))
        kernel = np.zeros((length, length), np.float32)
        angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
        along = np.array([np.cos(angle), np.sin(angle)]) * middle
        cv2.line(kernel, *[tuple(round(float(v)) for v in middle + sign * along) for sign in (-1, 1)], 1.0)  # type: ignore[call-overload]
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()))
    if kind < 0.75:
        small = max(32, int(size * rng.uniform(0.4, 0.8)))
        return np.asarray(
            cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR)
        )
    return image


def _vignette(size: int, strength: float) -> Float32[np.ndarray, "h w 1"]:
    x = np.linspace(-1, 1, size, dtype=np.float32)
    return np.asarray(1 - np.float32(strength) * (x[:, None] ** 2 + x[None] ** 2)[..., None] / 2)
