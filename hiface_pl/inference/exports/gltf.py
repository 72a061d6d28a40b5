"""A glTF 2.0 file in the making: arrays, pictures, materials and meshes in one binary, as the standard lays them out."""

import json
import struct
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Int, UInt8

_FLOAT, _UINT32 = 5126, 5125
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_VERTICES, _INDICES = 34962, 34963
_JSON, _BINARY = 0x4E4F534A, 0x004E4942


class Gltf:
    """Collects what a file holds; every method returns the number under which other parts name it."""

    def __init__(self) -> None:
        self._parts: dict[str, list[dict[str, Any]]] = {}
        self._binary = bytearray()
        self._images: dict[bytes, int] = {}

    def add(self, kind: str, part: dict[str, Any]) -> int:
        """Anything else by the standard's own names, such as a node or an animation."""
        self._parts.setdefault(kind, []).append(part)
        return len(self._parts[kind]) - 1

    def vectors(self, values: Float32[np.ndarray, "n c"] | Float32[np.ndarray, " n"], for_vertices: bool = True) -> int:
        """An accessor of floats, with its bounds."""
        table = np.ascontiguousarray(values, dtype="<f4").reshape(len(values), -1)
        part = {"bufferView": self._view(table.tobytes(), _VERTICES if for_vertices else None), "componentType": _FLOAT}
        return self.add("accessors", part | _bounds(table) | {"count": len(table), "type": _KINDS[table.shape[1]]})

    def moves(self, values: Float32[np.ndarray, "n 3"], smallest: float) -> int:
        """A sparse accessor of vectors, most of them zero: those of at least `smallest` are kept."""
        table = np.ascontiguousarray(values, dtype="<f4")
        kept = np.flatnonzero(np.linalg.norm(table, axis=1) >= smallest)
        kept = kept if len(kept) else np.zeros(1, dtype=np.int64)
        indices = {"bufferView": self._view(kept.astype("<u4").tobytes(), None), "componentType": _UINT32}
        sparse = {"count": len(kept), "indices": indices, "values": {"bufferView": self._view(table[kept].tobytes(), None)}}
        stored = np.zeros_like(table)
        stored[kept] = table[kept]
        return self.add("accessors", {"componentType": _FLOAT, "count": len(table), "type": "VEC3", "sparse": sparse} | _bounds(stored))

    def triangles(self, corners: Int[np.ndarray, "m 3"]) -> int:
        """An accessor of vertex numbers."""
        numbers = np.ascontiguousarray(corners, dtype="<u4")
        view = self._view(numbers.tobytes(), _INDICES)
        return self.add("accessors", {"bufferView": view, "componentType": _UINT32, "count": numbers.size, "type": "SCALAR"})

    def texture(self, pixels: UInt8[np.ndarray, "r r 3"]) -> dict[str, int]:
        """A picture as PNG, once a file."""
        content = png(pixels)
        if content not in self._images:
            image = self.add("images", {"mimeType": "image/png", "bufferView": self._view(content, None)})
            self._images[content] = self.add("textures", {"source": image})
        return {"index": self._images[content]}

    def to_bytes(self) -> bytes:
        """The binary file."""
        while len(self._binary) % 4:
            self._binary.append(0)
        buffers = [{"byteLength": len(self._binary)}]
        content = {"asset": {"version": "2.0", "generator": "hiface_pl"}, "scene": 0, "buffers": buffers, **self._parts}
        text = json.dumps(content, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = [struct.pack("<II", len(part), kind) + part for kind, part in ((_JSON, text), (_BINARY, bytes(self._binary)))]
        return struct.pack("<4sII", b"glTF", 2, 12 + sum(map(len, chunks))) + b"".join(chunks)

    def _view(self, content: bytes, target: int | None) -> int:
        while len(self._binary) % 4:
            self._binary.append(0)
        part = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(content)}
        self._binary += content
        return self.add("bufferViews", part | ({} if target is None else {"target": target}))


def _bounds(table: Float32[np.ndarray, "n c"]) -> dict[str, list[float]]:
    """Column by column, which takes numpy a tenth of the time."""
    return {"min": [column.min().item() for column in table.T], "max": [column.max().item() for column in table.T]}


def png(pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """An RGB picture, compressed fast."""
    stored = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_PNG_COMPRESSION, 1))[1]
    return stored.tobytes()
