"""What crosses the borders between modules. Frames, units and axes are defined here, once.

Lengths are millimetres. The **model frame** has y up, z out of the face and x to the subject's left. The **camera frame** has x right,
y up and z towards the viewer: the camera sits at the origin and looks along -z, so that visible points have z < 0 and depth = -z.
**Image coordinates** are in image widths, x right and y down, (0, 0) at the top left corner of the image and (1, 1) at the bottom right.
**UV maps** are (B, C, R, R) with row 0 at v = 1; texel (row, column) has its centre at u = (column + 0.5) / R, v = 1 - (row + 0.5) / R,
so `grid_sample(..., align_corners=False)` takes x = 2u - 1 and y = 1 - 2v. Images are RGB in [0, 1], sRGB-encoded; albedo is linear RGB.
"""

from dataclasses import dataclass, fields, replace
from enum import Flag, auto
from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Record = TypeVar("Record", bound="TensorRecord")


class TensorRecord:
    """A frozen dataclass of tensors, nested records and None that moves between devices and can be indexed by sample."""

    def _map(self: Record, function) -> Record:  # type: ignore[no-untyped-def]
        changed = {}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                changed[field.name] = function(value)
            elif isinstance(value, TensorRecord):
                changed[field.name] = value._map(function)  # noqa: SLF001 - the same class
        return replace(self, **changed)  # type: ignore[type-var]

    def to(self: Record, device: torch.device | str, non_blocking: bool = False) -> Record:
        """The same record on another device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def detach(self: Record) -> Record:
        """The same record, cut from the graph."""
        return self._map(lambda tensor: tensor.detach())

    def joined(self: Record, other: Record) -> Record:
        """The samples of both records, these first. What is None in one has to be None in the other."""
        changed: dict[str, Any] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value, more = getattr(self, field.name), getattr(other, field.name)
            if isinstance(value, Tensor):
                changed[field.name] = torch.cat([value, more])
            elif isinstance(value, TensorRecord):
                changed[field.name] = value.joined(more)
        return replace(self, **changed)  # type: ignore[type-var]

    def __getitem__(self: Record, index: slice | Tensor) -> Record:
        """The samples that `index` picks along the first axis of every tensor."""
        return self._map(lambda tensor: tensor[index])


@dataclass(frozen=True)
class Pose(TensorRecord):
    """Where the face stands before the camera: X_camera = R(rotation) X_model + translation.

    `rotation` is a rotation vector (axis times angle, radians), `translation` is in millimetres. Paper: p; Our choice: rotation vector.
    """

    rotation: Float[Tensor, "b 3"]
    translation: Float[Tensor, "b 3"]


@dataclass(frozen=True)
class Coefficients(TensorRecord):
    """What the encoder predicts for one image. Paper: beta, xi, phi, alpha, gamma and p. Sizes come from the face model's files.

    `identity` and `static` are in standard deviations, `expression` in unit weights (0 none, 1 full), `albedo` in standard deviations of
    the albedo basis, `lighting` holds nine second-order spherical-harmonics bands for R, G and B in the camera frame. `compressed` and
    `stretched` are those of the poles (varphi_com, varphi_str) where the encoder reads them off the image (Our choice), else None.
    """

    identity: Float[Tensor, "b ki"]
    expression: Float[Tensor, "b ke"]
    static: Float[Tensor, "b ks"]
    albedo: Float[Tensor, "b ka"]
    lighting: Float[Tensor, "b 9 3"]
    pose: Pose
    compressed: Float[Tensor, "b kc"] | None = None
    stretched: Float[Tensor, "b kt"] | None = None


@dataclass(frozen=True)
class DetailCoefficients(TensorRecord):
    """Displacement maps as coefficients of the face model's three bases, in standard deviations; None for maps that no basis spans."""

    static: Float[Tensor, "b ks"] | None = None
    compressed: Float[Tensor, "b kc"] | None = None
    stretched: Float[Tensor, "b kt"] | None = None


@dataclass(frozen=True)
class DetailMaps(TensorRecord):
    """Displacements along the surface normal in UV, millimetres. Paper: D_sta, D_com, D_str, D_dyn; D = D_sta + D_dyn.

    `weight_compressed` and `weight_stretched` are the tension weights w_com and w_str carried to UV, None in heads that do not blend; so
    are the poles in heads that have none. `compressed` and `stretched` are residuals over `static` (Our choice), so a neutral face has
    `total` equal to `static` in heads that blend them. `spanned` are the coefficients of those of the three maps that a basis spans.
    """

    static: Float[Tensor, "b 1 r r"]
    dynamic: Float[Tensor, "b 1 r r"]
    compressed: Float[Tensor, "b 1 r r"] | None = None
    stretched: Float[Tensor, "b 1 r r"] | None = None
    weight_compressed: Float[Tensor, "b 1 r r"] | None = None
    weight_stretched: Float[Tensor, "b 1 r r"] | None = None
    spanned: DetailCoefficients | None = None

    @property
    def total(self) -> Float[Tensor, "b 1 r r"]:
        """D = D_sta + D_dyn."""
        return self.static + self.dynamic


@dataclass(frozen=True)
class Shape(TensorRecord):
    """Coarse geometry in the model frame: the neutral face S(beta, 0) and the expressive one S(beta, xi). Millimetres.

    `linear` says that both are what the face model's own bases make of the coefficients.
    """

    neutral: Float[Tensor, "b v 3"]
    expressive: Float[Tensor, "b v 3"]
    linear: bool = False


@dataclass(frozen=True)
class Rendering(TensorRecord):
    """What the renderer draws: `mask` is 1 where the face model covers a pixel, `skin` where skin does; `depth` is mm, 0 outside."""

    image: Float[Tensor, "b 3 h w"]
    mask: Float[Tensor, "b 1 h w"]
    skin: Float[Tensor, "b 1 h w"]
    depth: Float[Tensor, "b 1 h w"]
    normals: Float[Tensor, "b 3 h w"]


@dataclass(frozen=True)
class Encoded(TensorRecord):
    """An encoder's output. `landmarks` are its own 68 image points, where it has a landmark head, else None.

    `dense` are all its image points: the 68, then as many of the others in encoders/dense_points.py as the encoder finds. `amplitude` is
    its estimate of how strong the static wrinkles are, the root mean square of D_sta over the detail mask in mm, where it makes one:
    maps that minimise an error are flatter than faces, since they leave out what they are unsure of.
    """

    coefficients: Coefficients
    landmarks: Float[Tensor, "b 68 2"] | None = None
    dense: Float[Tensor, "b n 2"] | None = None
    amplitude: Float[Tensor, " b"] | None = None


class Wanted(Flag):
    """What decoding makes besides landmarks and ages. `DETAIL` is met by `Reconstruction.spanned` where the head knows it, else by maps."""

    NOTHING = 0
    SHAPE = auto()
    DETAIL = auto()
    MAPS = auto()
    RENDERING = auto()
    FACE = SHAPE | MAPS


@dataclass(frozen=True)
class Reconstruction(TensorRecord):
    """Everything that one forward pass knows about a batch of faces.

    `landmarks` are the model's 68 points projected into the image. `rendering` is None where nothing asked for pixels, `detail` None for
    coarse-only heads, `age` the log-probabilities of the 81 age bins predicted from the static coefficients (0 to 80 years). `spanned` is
    the detail as coefficients, None where no basis spans it. A training step decodes what its losses read (`Wanted`): then `shape` may
    have no vertices, and `detail` may be None.
    """

    encoded: Encoded
    shape: Shape
    landmarks: Float[Tensor, "b 68 2"]
    detail: DetailMaps | None = None
    rendering: Rendering | None = None
    age: Float[Tensor, "b 81"] | None = None
    spanned: DetailCoefficients | None = None

    @property
    def coefficients(self) -> Coefficients:
        """The coefficients that the shape was made from."""
        return self.encoded.coefficients


@dataclass(frozen=True)
class Seen(TensorRecord):
    """What frozen networks saw in images without ground truth; rows of samples whose `known` is false are zero.

    `points` are the 468 dense landmarks in image widths with their `certainty` in [0, 1], `identity` the embedding that a face
    recognition network gives the image.
    """

    known: Bool[Tensor, " b"]
    points: Float[Tensor, "b 468 2"]
    certainty: Float[Tensor, "b 468"]
    identity: Float[Tensor, "b d"]


@dataclass(frozen=True)
class Labels(TensorRecord):
    """What is known about a batch. A flag says which samples have it; rows of the others are zero and no loss may read them.

    `has_geometry`: coefficients (identity, expression, static, albedo, lighting, pose) and 2D landmarks of the synthetic generator.
    `has_detail`: the three displacement maps as coefficients of the bases (`compressed`, `stretched` beside `coefficients.static`).
    `has_age`: `age`, a distribution over 81 one-year bins. `has_landmarks`: `landmarks` with certainties in [0, 1].
    `mask`: pixels to compare in photometric losses (skin that nothing covers). `residual`: what the static, compressed and stretched map
    have beyond their bases, mm over the texels of the detail mask, in stores whose wrinkles lie outside the bases; else None. `seen` is
    what networks saw in photos, None in batches without any.
    """

    has_geometry: Bool[Tensor, " b"]
    has_detail: Bool[Tensor, " b"]
    has_age: Bool[Tensor, " b"]
    has_landmarks: Bool[Tensor, " b"]
    coefficients: Coefficients
    compressed: Float[Tensor, "b kc"]
    stretched: Float[Tensor, "b kt"]
    age: Float[Tensor, "b 81"]
    landmarks: Float[Tensor, "b 68 2"]
    certainty: Float[Tensor, "b 68"]
    mask: Float[Tensor, "b 1 h w"]
    residual: Float[Tensor, "b 3 n"] | None = None
    seen: Seen | None = None


@dataclass(frozen=True)
class FaceBatch(TensorRecord):
    """Aligned crops and what is known about them; `index` is the sample's number in its store, in a mix counted on behind the faces."""

    image: Float[Tensor, "b 3 h w"]
    labels: Labels
    index: Int[Tensor, " b"]
