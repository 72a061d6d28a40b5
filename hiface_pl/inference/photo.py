"""Reads photos of any usual kind as upright 8-bit RGB."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from hiface_pl.errors import PhotoError

SMALLEST = 32
"""Pixels of the shorter side below which no face can be reconstructed."""

_UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError),
    *(IndexError, KeyError, TypeError, OverflowError, MemoryError, RuntimeError),
)
"""What Pillow's readers raise over damaged files."""


class SmallPhotoError(PhotoError):
    """A photo with too few pixels to show a face."""


@dataclass(frozen=True)
class Photo:
    """An upright picture in sRGB and the name it is known by."""

    name: str
    pixels: UInt8[np.ndarray, "h w 3"]


def read_photo(path: Path, longest: int | None = None) -> Photo:
    """Applies the camera's rotation flag; grey, palette, CMYK and 16-bit pictures become 8-bit RGB, transparency becomes mid-grey.

    Of an animation it is the first frame. A picture with more than `longest` pixels along a side is reduced by a whole number, a JPEG
    before it fills memory. Raises PhotoError for what cannot be read, SmallPhotoError for what is too small to show a face.
    """
    try:
        with Image.open(path) as opened:
            if longest is not None:
                _decode_reduced(opened, longest)
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            pixels = _pixels(_rgb(opened), longest)
    except FileNotFoundError as error:
        raise PhotoError(f"there is no photo {path}: check the name") from error
    except _UNREADABLE as error:
        raise PhotoError(f"cannot read the photo {path} ({_reason(error)}): save it again as JPEG or PNG") from error
    if min(pixels.shape[:2]) < SMALLEST:
        raise SmallPhotoError(
            f"the photo {path} is {pixels.shape[1]}x{pixels.shape[0]} pixels, too small to show a face: give a larger one"
        )
    return Photo(path.stem, pixels)


def _decode_reduced(opened: Image.Image, longest: int) -> None:
    """Tells a JPEG's decoder to reduce by 2, 4 or 8; other kinds are not concerned."""
    times = max(opened.size) // longest
    if times > 1:
        opened.draft(None, (opened.width // times, opened.height // times))


def _pixels(image: Image.Image, longest: int | None) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as an array, reduced by averages."""
    times = 1 if longest is None else -(-max(image.size) // longest)
    return np.array(image if times == 1 else image.reduce(times))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, (128, 128, 128, 255)), clear)
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: np.ndarray) -> UInt8[np.ndarray, "h w"]:
    """Grey values of 16 bits, or floats from 0 to 1, in 8 bits."""
    finite = np.nan_to_num(values.astype(np.float64))
    white = (
        1.0
        if np.issubdtype(values.dtype, np.floating) and finite.max(initial=0) <= 1
        else 255.0
        if finite.max(initial=0) <= 255
        else 65535.0
    )
    return (np.clip(finite / white, 0, 1) * 255 + 0.5).astype(np.uint8)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnidentifiedImageError):
        return "it is not a picture of a known kind"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
