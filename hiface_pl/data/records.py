"""Samples as bytes: crc32, blob lengths, one block of float32, then the blobs; the layout is written down in the store's meta data.

Images stay the JPEG that the simulated camera wrote: a store adds no loss, and 4:4:4 JPEG is a third of a PNG of a noisy image and decodes
faster. The part map is deflated (a few hundred bytes), depth is a 16-bit PNG. Displacement maps are kept as coefficients, some hundred
numbers instead of three maps of 150 kB; only `detail="outside"` adds a float16 residual.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float16, Float32, UInt8, UInt16

from hiface_pl.data.record_bytes import RecordForm
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.sample import SyntheticSample

FIXED_SHAPES: dict[str, tuple[int, ...]] = {
    "lighting": (9, 3),
    "rotation": (3,),
    "translation": (3,),
    "landmarks": (68, 2),
    "visible": (68,),
    "age": (),
    "detail_age": (),
    "male": (),
    "occlusion": (),
}
SIZED = ("identity", "expression", "static", "compressed", "stretched", "albedo")
BLOBS = ("image", "parts", "depth", "residual")


def coefficient_sizes(assets: FaceAssets) -> dict[str, int]:
    """Lengths of the coefficient vectors that this face model calls for."""
    detail = assets.detail
    return {
        "identity": len(assets.model.identity_basis),
        "expression": len(assets.model.expression_basis),
        "static": len(detail.static.basis),
        "compressed": len(detail.compressed.basis),
        "stretched": len(detail.stretched.basis),
        "albedo": len(assets.albedo.basis),
    }


@dataclass(frozen=True)
class RecordLayout:
    """Where each number of a record lies: image side in pixels and lengths of the coefficient vectors."""

    image_size: int
    sizes: dict[str, int]

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the arrays in the float block, in file order."""
        return {name: (self.sizes[name],) for name in SIZED} | FIXED_SHAPES

    @cached_property
    def columns(self) -> dict[str, slice]:
        """Where each array lies in the float block."""
        ends = np.cumsum([0, *(int(np.prod(shape, dtype=int)) for shape in self.shapes.values())]).tolist()
        return {name: slice(start, end) for name, start, end in zip(self.shapes, ends[:-1], ends[1:], strict=True)}

    @cached_property
    def floats(self) -> int:
        """Length of the float block."""
        return max(piece.stop for piece in self.columns.values())

    @cached_property
    def form(self) -> RecordForm:
        """The bytes of a record."""
        return RecordForm(self.floats, BLOBS)

    def pack(self, sample: SyntheticSample) -> bytes:
        """The record of a sample."""
        numbers = np.concatenate([np.asarray(getattr(sample, name), "<f4").ravel() for name in self.shapes])
        residual = b"" if sample.residual is None else zlib.compress(sample.residual.astype("<f2").tobytes(), 1)
        depth = b"" if sample.depth is None else _png(sample.depth)
        blobs = (sample.jpeg, zlib.compress(sample.parts.tobytes(), 6), depth, residual)
        return self.form.pack(numbers, blobs)

    def open(self, record: bytes, place: str) -> "OpenRecord":
        """Checks a record and finds its pieces. Raises StoreError, which says `place`."""
        return OpenRecord(self, *self.form.unpack(record, place))


@dataclass(frozen=True)
class OpenRecord:
    """A checked record: the float block as a view, the blobs still packed."""

    layout: RecordLayout
    numbers: Float32[np.ndarray, " f"]
    blobs: dict[str, bytes]

    def image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The decoded RGB image."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.blobs["image"], np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)

    def parts(self) -> UInt8[np.ndarray, "h w"]:
        """The map of Pixel values."""
        side = self.layout.image_size
        return np.frombuffer(zlib.decompress(self.blobs["parts"]), np.uint8).reshape(side, side)

    def depth(self) -> UInt16[np.ndarray, "h w"] | None:
        """The depth map, None where the store has none."""
        if not self.blobs["depth"]:
            return None
        return np.asarray(cv2.imdecode(np.frombuffer(self.blobs["depth"], np.uint8), cv2.IMREAD_UNCHANGED), np.uint16)

    def residual(self) -> Float16[np.ndarray, "3 n"] | None:
        """What the three maps have beyond their bases, mm; None in stores whose wrinkles lie inside."""
        if not self.blobs["residual"]:
            return None
        return np.frombuffer(zlib.decompress(self.blobs["residual"]), "<f2").reshape(3, -1)

    def sample(self, index: int, *, depth: bool = True) -> SyntheticSample:
        """Everything in the record; leaving out the depth saves most of the decoding."""
        columns = self.layout.columns
        numbers: dict[str, Any] = {name: self.numbers[columns[name]].reshape(shape) for name, shape in self.layout.shapes.items()}
        numbers |= {name: float(numbers[name]) for name, shape in FIXED_SHAPES.items() if not shape}
        return SyntheticSample(
            index=index,
            jpeg=self.blobs["image"],
            image=self.image(),
            parts=self.parts(),
            depth=self.depth() if depth else None,
            residual=self.residual(),
            **numbers,
        )


def _png(depth: UInt16[np.ndarray, "h w"]) -> bytes:
    return cv2.imencode(".png", depth, [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes()
