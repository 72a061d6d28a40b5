"""The face model file: linear identity and expression bases over one quad mesh with UV, keypoints, parts, licence and provenance."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from hiface_pl.errors import FaceModelError
from hiface_pl.paths import replacing

FORMAT = 1


class Part(IntEnum):
    """What a face of the mesh belongs to."""

    SKIN = 0
    MOUTH = 1
    LEFT_EYE = 2
    RIGHT_EYE = 3
    TEETH = 4


@dataclass(frozen=True)
class SurfacePoints:
    """Points on a mesh: each is a weighted sum of three vertices; the weights of a row sum to 1."""

    vertices: Int32[np.ndarray, "n 3"]
    weights: Float32[np.ndarray, "n 3"]

    @classmethod
    def at_vertices(cls, indices: "np.ndarray | list[int]") -> "SurfacePoints":
        """Points that lie on the named vertices."""
        first = np.asarray(indices, dtype=np.int32)
        return cls(np.repeat(first[:, None], 3, axis=1), np.tile(np.array([[1, 0, 0]], dtype=np.float32), (len(first), 1)))

    def on(self, vertices: Float32[np.ndarray, "v 3"]) -> Float32[np.ndarray, "n 3"]:
        """The points' positions on a mesh with these vertices."""
        return np.einsum("nk,nkc->nc", self.weights, vertices[self.vertices]).astype(np.float32)


@dataclass(frozen=True)
class IdentityPrior:
    """How identity coefficients depend on age, sex and origin: z = mean_weights f + residual e with e ~ N(0, I).

    f = [1, a, a^2, g, e1, e2, g a] with a = age / 50, g in [0, 1] (1 male), (e1, e2) two of three origin shares. Our choice.
    """

    mean_weights: Float32[np.ndarray, "k 7"]
    residual: Float32[np.ndarray, "k k"]


@dataclass(frozen=True)
class FaceModel:
    """One face model at one level of detail, millimetres in the model frame (y up, z out of the face, x to the subject's left).

    Identity coefficients are N(0, 1) in the population, expression coefficients unit weights in [0, 1]. `quads` and `uv_quads` index
    vertices and texture coordinates; a triangle has -1 in the fourth corner. `keypoints68` are in iBUG order, `keypoints85` add REALY's
    17 cheek and jaw points (None where the model does not bring them). `level` says how often the mesh was subdivided.
    """

    name: str
    licence: str
    provenance: str
    mean: Float32[np.ndarray, "v 3"]
    identity_basis: Float32[np.ndarray, "ki v 3"]
    expression_basis: Float32[np.ndarray, "ke v 3"]
    expression_names: tuple[str, ...]
    quads: Int32[np.ndarray, "f 4"]
    uv: Float32[np.ndarray, "t 2"]
    uv_quads: Int32[np.ndarray, "f 4"]
    part: UInt8[np.ndarray, " f"]
    keypoints68: SurfacePoints
    keypoints85: SurfacePoints | None = None
    prior: IdentityPrior | None = None
    level: int = 0

    @cached_property
    def triangles(self) -> Int32[np.ndarray, "m 3"]:
        """Vertex indices of the triangles: a quad a b c d becomes a b c, then a c d, in file order."""
        return split_quads(self.quads)[0]

    @cached_property
    def uv_triangles(self) -> Int32[np.ndarray, "m 3"]:
        """Texture indices of the triangles, row by row those of `triangles`."""
        corners = np.where(self.quads < 0, -1, self.uv_quads).astype(np.int32)
        return split_quads(corners)[0]

    @cached_property
    def triangle_part(self) -> UInt8[np.ndarray, " m"]:
        """The Part of each triangle."""
        return self.part[split_quads(self.quads)[1]]

    @cached_property
    def skin_vertices(self) -> Int32[np.ndarray, " s"]:
        """Sorted indices of the vertices that skin faces use."""
        used = np.unique(self.quads[self.part == Part.SKIN])
        return used[used >= 0].astype(np.int32)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any array of the model: checkpoints and stores are bound to it."""
        digest = hashlib.sha256()
        for array in (self.mean, self.identity_basis, self.expression_basis, self.quads, self.uv, self.uv_quads, self.part):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\n".join(self.expression_names).encode())
        return digest.hexdigest()[:16]

    def expression(self, **weights: float) -> Float32[np.ndarray, " ke"]:
        """An expression vector from unit names; a name without a side (`mouthSmile`) sets both sides. Raises FaceModelError."""
        vector = np.zeros(len(self.expression_names), dtype=np.float32)
        for name, weight in weights.items():
            sides = [i for i, unit in enumerate(self.expression_names) if unit_base(unit) == name or unit == name]
            if not sides:
                raise FaceModelError(
                    f"the face model {self.name} has no expression unit {name}; it has: {', '.join(self.expression_names)}"
                )
            vector[sides] = weight
        return vector

    def vertices(self, identity: np.ndarray | None = None, expression: np.ndarray | None = None) -> Float32[np.ndarray, "v 3"]:
        """S = mean + B_id beta + B_exp xi for one face; a shorter `identity` sets the leading coefficients. Paper: coarse shape."""
        shape = self.mean.copy()
        if identity is not None:
            shape += np.tensordot(np.asarray(identity, np.float32), self.identity_basis[: len(identity)], axes=1)
        if expression is not None:
            shape += np.tensordot(np.asarray(expression, np.float32), self.expression_basis, axes=1)
        return shape


def unit_base(name: str) -> str:
    """The name of an expression unit without its side: mouthSmileLeft and mouthSmile_L are both mouthSmile."""
    for suffix in ("Left", "Right", "_L", "_R"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def split_quads(quads: Int32[np.ndarray, "f 4"]) -> tuple[Int32[np.ndarray, "m 3"], Int32[np.ndarray, " m"]]:
    """Triangles of a mesh of quads and triangles (fourth corner -1), in file order, and the face each came from."""
    halves = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    faces = np.repeat(np.arange(len(quads), dtype=np.int32), 2)
    keep = halves[:, 2] >= 0
    return np.ascontiguousarray(halves[keep], dtype=np.int32), faces[keep]


def save_face_model(model: FaceModel, path: Path) -> None:
    """Writes a face model as a zip of .npy members and model.json: bases as float16, the same bytes for the same model."""
    arrays = _members(model)
    meta = {
        "format": FORMAT,
        "units": "millimetre",
        "frame": "y up, z out of the face, x to the subject's left",
        "name": model.name,
        "licence": model.licence,
        "provenance": model.provenance,
        "expression_names": list(model.expression_names),
        "level": model.level,
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo("model.json"), json.dumps(meta, indent=1), zipfile.ZIP_DEFLATED)
        for name, array in arrays.items():
            with archive.open(_deflated(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load_face_model(path: Path) -> FaceModel:
    """Reads what `save_face_model` wrote. Raises FaceModelError for anything else; nothing in the file is ever executed."""
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("model.json"))
            arrays = {name.removesuffix(".npy"): _read_array(archive, name) for name in archive.namelist() if name.endswith(".npy")}
        if meta["format"] != FORMAT:
            raise FaceModelError(f"{path} has face model format {meta['format']}, this version reads {FORMAT}: build the model again")
        return _from_members(meta, arrays)
    except FileNotFoundError as error:
        raise FaceModelError(
            f"there is no face model file {path}: check the name, or build one with `hiface-pl face-model build`"
        ) from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise FaceModelError(f"{path} is not a readable face model file ({error}): build or fetch it again") from error


def _deflated(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as member:
        return np.asarray(np.lib.format.read_array(member, allow_pickle=False))


def _members(model: FaceModel) -> dict[str, np.ndarray]:
    index = np.uint16 if max(len(model.mean), len(model.uv)) < 65535 else np.uint32
    none = np.iinfo(index).max
    arrays: dict[str, np.ndarray] = {
        "mean": model.mean,
        "identity_basis": model.identity_basis.astype(np.float16),
        "expression_basis": model.expression_basis.astype(np.float16),
        "quads": np.where(model.quads < 0, none, model.quads).astype(index),
        "uv": model.uv,
        "uv_quads": np.where(model.uv_quads < 0, none, model.uv_quads).astype(index),
        "part": model.part,
        "keypoints68_vertices": model.keypoints68.vertices,
        "keypoints68_weights": model.keypoints68.weights,
    }
    if model.keypoints85 is not None:
        arrays |= {"keypoints85_vertices": model.keypoints85.vertices, "keypoints85_weights": model.keypoints85.weights}
    if model.prior is not None:
        arrays |= {"prior_mean_weights": model.prior.mean_weights, "prior_residual": model.prior.residual.astype(np.float16)}
    return arrays


def _corners(array: np.ndarray) -> Int32[np.ndarray, "f 4"]:
    corners = array.astype(np.int64)
    return np.where(corners == np.iinfo(array.dtype).max, -1, corners).astype(np.int32)


def _points(arrays: dict[str, np.ndarray], name: str) -> SurfacePoints | None:
    if f"{name}_vertices" not in arrays:
        return None
    return SurfacePoints(arrays[f"{name}_vertices"].astype(np.int32), arrays[f"{name}_weights"].astype(np.float32))


def _from_members(meta: dict, arrays: dict[str, np.ndarray]) -> FaceModel:  # type: ignore[type-arg]
    keypoints68 = _points(arrays, "keypoints68")
    if keypoints68 is None:
        raise KeyError("keypoints68_vertices")
    prior = None
    if "prior_mean_weights" in arrays:
        prior = IdentityPrior(arrays["prior_mean_weights"].astype(np.float32), arrays["prior_residual"].astype(np.float32))
    return FaceModel(
        name=meta["name"],
        licence=meta["licence"],
        provenance=meta["provenance"],
        mean=arrays["mean"].astype(np.float32),
        identity_basis=arrays["identity_basis"].astype(np.float32),
        expression_basis=arrays["expression_basis"].astype(np.float32),
        expression_names=tuple(meta["expression_names"]),
        quads=_corners(arrays["quads"]),
        uv=arrays["uv"].astype(np.float32),
        uv_quads=_corners(arrays["uv_quads"]),
        part=arrays["part"],
        keypoints68=keypoints68,
        keypoints85=_points(arrays, "keypoints85"),
        prior=prior,
        level=meta["level"],
    )
