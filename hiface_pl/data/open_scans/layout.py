"""Names of the files of an open scan set, relative to its folder. Keypoints, regions, scales and images lie where REALY has them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

META = "open_scans.json"
SCALES = "metrical_scale.txt"
SIDE_YAWS = (-50.0, -25.0, 25.0, 50.0)
"""Degrees, to the image's right positive. Our choice: two within the turns that training shows (40 degrees) and two beyond them."""
EXPRESSIONS = 2
"""Pictures with an expression, beside the five neutral ones."""

Kind = Literal["frontal", "side", "expression"]


@dataclass(frozen=True)
class PicturePlace:
    """One image of a subject: what it shows, and where it lies below the set's folder. `name` is its file's name without suffix."""

    kind: Kind
    path: Path

    @property
    def name(self) -> str:
        """The name that a prediction from this image has: 12, 12_3."""
        return self.path.stem


def keypoints_path(subject: int) -> Path:
    """85 `v` lines."""
    return Path("REALY_HIFI3D_keypoints") / f"{subject}.obj"


def region_path(subject: int, region: str) -> Path:
    """A cut-out of the scan: nose, mouth, forehead or cheek."""
    return Path("REALY_scan_region") / str(subject) / f"{region}.obj"


def truth_path(subject: int) -> Path:
    """What only a synthetic person can tell: see `truth.ScanTruth`."""
    return Path("truth") / f"{subject}.npz"


def picture_places(subject: int) -> tuple[PicturePlace, ...]:
    """The subject's images: the frontal one, the side views in the order of SIDE_YAWS, then those with an expression."""
    frontal = PicturePlace("frontal", Path("REALY_image/frontal") / f"{subject}.jpg")
    sides = (PicturePlace("side", Path("REALY_image/side") / f"{subject}_{k + 1}.jpg") for k in range(len(SIDE_YAWS)))
    expressive = (PicturePlace("expression", Path("expressions") / f"{subject}_{k + 1}.jpg") for k in range(EXPRESSIONS))
    return (frontal, *sides, *expressive)
