"""Numbers about one person in a clip: what a network says frame by frame, beside points that another network finds."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from hiface_pl.errors import EvaluationError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import unit_base
from hiface_pl.types import Coefficients

INNER = slice(17, 68)
"""Brows, eyes, nose and mouth in iBUG order: the jaw line is where definitions differ most."""
EYE_CORNERS, MOUTH_CORNERS, INNER_LIPS = (36, 45), (48, 54), (62, 66)
PART = 4
"""The clip's first and last quarter count as neutral and smiling. Our choice."""


@dataclass(frozen=True)
class Frame:
    """One frame: what was predicted (batch of one), and both networks' 68 points in pixels of the frame."""

    coefficients: Coefficients
    points: Float64[np.ndarray, "68 2"]
    reference: Float64[np.ndarray, "68 2"]


class Track:
    """A clip of one person whose mouth goes from neutral to a smile."""

    def __init__(self, frames: list[Frame], assets: FaceAssets) -> None:
        """`assets` belong to the face model of the coefficients. Raises EvaluationError for fewer than eight frames."""
        if len(frames) < 2 * PART:
            raise EvaluationError(f"{len(frames)} frames are too few to follow a face: read at least {2 * PART} of the clip")
        self.frames, self.assets = frames, assets
        self.identity = np.concatenate([frame.coefficients.identity.numpy() for frame in frames])
        self.expression = np.concatenate([frame.coefficients.expression.numpy() for frame in frames])
        self.rotation = np.rad2deg(np.concatenate([frame.coefficients.pose.rotation.numpy() for frame in frames]))

    def numbers(self) -> dict[str, float]:
        """All that is measured, rounded; distances in mm, angles in degrees, point errors in % of the root of the points' box's area."""
        smile, jaw = self.unit("mouthSmile"), self.unit("jawOpen")
        width, opening = self.across(MOUTH_CORNERS), self.across(INNER_LIPS)
        errors = np.array([point_error(frame.points, frame.reference) for frame in self.frames])
        spread, size = self.identity_spread()
        found = {
            "smile_rise": rise(smile),
            "smile_correlation": correlation(smile, width),
            "smile_left_minus_right": float((self.unit("mouthSmile", "Left") - self.unit("mouthSmile", "Right")).mean()),
            "mouth_widens": rise(width),
            "our_mouth_widens": rise(self.across(MOUTH_CORNERS, ours=True)),
            "jaw_correlation": correlation(jaw, opening),
            "points_neutral": float(errors[: len(errors) // PART].mean()),
            "points_smiling": float(errors[-(len(errors) // PART) :].mean()),
            "points_right_minus_left": self.sides_differ(),
            "rotation_jitter": jitter(self.rotation),
            "identity_spread": spread,
            "identity_size": size,
        }
        return {name: round(value, 3) for name, value in found.items()}

    def unit(self, base: str, side: str = "") -> Float64[np.ndarray, " n"]:
        """An expression unit's weight in each frame; the mean of both sides where none is named."""
        names = self.assets.model.expression_names
        chosen = [k for k, name in enumerate(names) if (name == base + side if side else base in {name, unit_base(name)})]
        if not chosen:
            raise EvaluationError(f"the face model {self.assets.model.name} has no unit {base}{side}: the clip needs its smile and its jaw")
        return self.expression[:, chosen].mean(axis=1).astype(np.float64)

    def across(self, pair: tuple[int, int], ours: bool = False) -> Float64[np.ndarray, " n"]:
        """The distance of two points over that of the outer eye corners, in the reference or in our points."""
        tracks = np.stack([frame.points if ours else frame.reference for frame in self.frames])
        near, far = (np.linalg.norm(tracks[:, a] - tracks[:, b], axis=1) for a, b in (pair, EYE_CORNERS))
        return np.asarray(near / far, dtype=np.float64)

    def identity_spread(self) -> tuple[float, float]:
        """How far the neutral shape moves over the clip, and how far its mean lies from the mean face: rms over the face mask, mm."""
        mean = self.identity.mean(axis=0)
        moved = [self._length(row - mean) for row in self.identity]
        return float(np.sqrt(np.mean(np.square(moved)))), self._length(mean)

    def sides_differ(self) -> float:
        """Point error of the subject's right half minus that of the left half: what one side of the face is fitted better."""
        boxes = np.stack([np.sqrt(np.ptp(frame.reference, axis=0).prod()) for frame in self.frames])
        far = np.stack([np.linalg.norm(frame.points - frame.reference, axis=1) for frame in self.frames]) / boxes[:, None]
        right, left = [*range(17, 22), *range(36, 42)], [*range(22, 27), *range(42, 48)]
        return float(100 * (far[:, right].mean() - far[:, left].mean()))

    def _length(self, identity: Float[np.ndarray, " k"]) -> float:
        weights = self.assets.regions.face / self.assets.regions.face.sum()
        offset = np.tensordot(identity, self.assets.model.identity_basis, axes=1)
        return float(np.sqrt(weights @ (offset**2).sum(axis=1)))


def point_error(points: Float[np.ndarray, "68 2"], reference: Float[np.ndarray, "68 2"]) -> float:
    """Mean distance of the 51 inner points in per cent of the root of the area of all reference points' box."""
    box = np.ptp(reference, axis=0)
    return float(100 * np.linalg.norm((points - reference)[INNER], axis=1).mean() / np.sqrt(box.prod()))


def rise(track: Float[np.ndarray, " n"]) -> float:
    """Mean over the last quarter of the frames minus mean over the first quarter."""
    part = max(1, len(track) // PART)
    return float(track[-part:].mean() - track[:part].mean())


def correlation(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> float:
    """Pearson's r; 0 for a track that never changes, because it follows nothing."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def jitter(track: Float[np.ndarray, "n c"]) -> float:
    """How far a frame lies from the middle of its neighbours, root mean square, as the deviation of independent noise in one frame.

    Our choice: steady movement cancels out, and the variance of x - (a + b) / 2 is 3/2 of one frame's.
    """
    middle = track[1:-1] - (track[:-2] + track[2:]) / 2
    return float(np.sqrt((middle**2).sum(axis=1).mean() * 2 / 3))
