"""A benchmark on disk, in REALY's own layout: keypoints, region scans, millimetres and images."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from hiface_pl.data.open_scans.layout import META, SCALES, keypoints_path, region_path
from hiface_pl.data.open_scans.meta import NAME
from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.names import row_order, subject_of, view_of
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.view import View
from hiface_pl.meshes.read_obj import read_obj

REALY = "REALY"
IMAGES = "REALY_image"
KEYPOINTS = 85
SOURCES = (
    "REALY's scans come with the Headspace dataset once its agreement with the University of York is signed; "
    "`hiface-pl data open-scans --subjects 100 --out DIR` makes an open set in the same layout"
)
_PICTURES = {".jpg", ".jpeg", ".png"}


class BenchmarkFolder:
    """Ground truth and images of all subjects. Raises EvaluationError where a part of the folder is missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise EvaluationError(f"there is no benchmark folder {path}: {SOURCES}")
        wanted = (keypoints_path(1).parent, region_path(1, Region.NOSE).parent.parent, Path(SCALES))
        missing = [str(part) for part in wanted if not (path / part).exists()]
        if missing:
            hint = ", and metrical_scale.txt lies in the folder `data` of REALY's public repository" if SCALES in missing else ""
            raise EvaluationError(f"the benchmark folder {path} has no {' and no '.join(missing)}: {SOURCES}{hint}")

    @property
    def name(self) -> str:
        """`REALY`, or `open-scans` for a set that this project made: results of one are never called those of the other."""
        return NAME if (self.path / META).is_file() else REALY

    @cached_property
    def subjects(self) -> list[int]:
        """The numbers of all subjects that any file is about, in order. Raises EvaluationError where another file about one is missing."""
        places = [*(self.path / keypoints_path(1).parent).glob("*.obj"), *(self.path / region_path(1, Region.NOSE)).parent.parent.iterdir()]
        named = [path.stem for path in places] + [path.stem.partition("_")[0] for path in self._images]
        found = sorted({int(name) for name in named if name.isdigit()})
        if not found:
            raise EvaluationError(f"the benchmark folder {self.path} has no subjects: {SOURCES}")
        lost = [path for subject in found for path in self._files(subject) if not path.is_file()]
        if lost:
            raise EvaluationError(f"{len(lost)} files of the benchmark are missing, the first is {lost[0]}: {SOURCES}")
        unscaled = [subject for subject in found if not 0 < subject <= len(self._scales)]
        if unscaled:
            raise EvaluationError(
                f"{self.path / SCALES} has {len(self._scales)} lines and so no scale for subject {unscaled[0]}: line ID has the "
                "millimetres of one unit of subject ID, take the file that came with the scans"
            )
        return found

    def scan(self, subject: int) -> Scan:
        """One subject's ground truth as the files have it. Raises EvaluationError or MeshError."""
        regions = {region: read_obj(self.path / region_path(subject, region)) for region in Region}
        return Scan(subject, self.keypoints(subject), regions, self.millimetres(subject))

    def keypoints(self, subject: int) -> Float64[np.ndarray, "85 3"]:
        """The 85 keypoints in the scan's frame and unit. Raises EvaluationError or MeshError."""
        path = self.path / keypoints_path(subject)
        points = read_obj(path).vertices
        if len(points) != KEYPOINTS or not np.isfinite(points).all():
            what = f"{len(points)} keypoints" if len(points) != KEYPOINTS else "keypoints that are no numbers"
            raise EvaluationError(f"{path} has {what}, {KEYPOINTS} are needed: take the file that came with the scans")
        return points

    def millimetres(self, subject: int) -> float:
        """The millimetres of one unit of the subject's scan."""
        return float(self._scales[subject - 1])

    def names(self, view: str) -> list[str]:
        """What predictions are called: the images' names, in order; without frontal images those of the subjects.

        Raises EvaluationError where side views are asked for and there are none.
        """
        known = {path.stem for path in self._pictures(View(view))}
        if not known and view == View.SIDE:
            raise EvaluationError(f"{self.path} has no side views (ID_K.jpg below {IMAGES}), whose names the predictions have: {SOURCES}")
        return sorted(known or map(str, self.subjects), key=row_order)

    def images(self, view: str) -> list[Path]:
        """One image for each of `names`. Raises EvaluationError where there are none, or a name has several images."""
        pictures = sorted(self._pictures(View(view)), key=lambda path: (row_order(path.stem), path))
        if not pictures:
            raise EvaluationError(f"{self.path} has no {view} images below {IMAGES}: {SOURCES}")
        for first, second in pairwise(pictures):
            if first.stem == second.stem:
                raise EvaluationError(f"{first} and {second} are images of one name: move one set of images out of {self.path / IMAGES}")
        return pictures

    def digest(self, subject: int) -> str:
        """Changes with any byte of the subject's ground truth."""
        digest = hashlib.sha256(repr(self.millimetres(subject)).encode())
        for path in self._files(subject):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _files(self, subject: int) -> Iterator[Path]:
        yield self.path / keypoints_path(subject)
        yield from (self.path / region_path(subject, region) for region in Region)

    def _pictures(self, view: View) -> list[Path]:
        return [path for path in self._images if view_of(path.stem) is view]

    @cached_property
    def _images(self) -> list[Path]:
        """All images of subjects. Depth maps lie beside REALY's images under the same names."""
        found = [path.relative_to(self.path) for path in (self.path / IMAGES).rglob("*") if path.suffix.lower() in _PICTURES]
        plain = [path for path in found if not any("depth" in part.lower() for part in path.parts)]
        return [self.path / path for path in plain if subject_of(path.stem) is not None]

    @cached_property
    def _scales(self) -> Float64[np.ndarray, " n"]:
        path = self.path / SCALES
        try:
            scales = np.array(path.read_text().split(), dtype=np.float64)
        except (OSError, ValueError) as error:
            raise EvaluationError(f"{path} cannot be read ({error}): it has one number a line, the millimetres of one unit") from error
        if not (np.isfinite(scales) & (scales > 0)).all():
            raise EvaluationError(f"{path} has a scale that is no positive number: take the file that came with the scans")
        return scales
