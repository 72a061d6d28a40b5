"""What is known about one face in every frame of a video."""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64

from hiface_pl.data.crop import Crop
from hiface_pl.types import Coefficients, Pose


@dataclass(frozen=True)
class FaceTrack:
    """One face over the `n` frames of a video; rows of frames in which it was not `seen` are NaN.

    `times` are seconds from the first frame, `crops` centre and side of the crop in pixels, `doubt` how far the network's landmarks on the
    crop and its mirror image are apart (crop widths). `coefficients` are those of `hiface_pl.types`, the pose that before the crop's own
    camera; `landmarks` are the face's 68 points in pixels of the frame.
    """

    times: Float64[np.ndarray, " n"]
    seen: Bool[np.ndarray, " n"]
    crops: Float64[np.ndarray, "n 3"]
    doubt: Float64[np.ndarray, " n"]
    landmarks: Float32[np.ndarray, "n 68 2"]
    coefficients: Coefficients

    def crop(self, row: int) -> Crop:
        """The crop of a frame."""
        x, y, side = self.crops[row].tolist()
        return Crop(x, y, side)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, as it is stored: the pose as `rotation` and `translation`."""
        known = self.coefficients
        tensors = {field.name: getattr(known, field.name) for field in fields(known)}
        del tensors["pose"]
        tensors |= {"rotation": known.pose.rotation, "translation": known.pose.translation}
        numbers = {"frame": np.arange(len(self.times)), "time": self.times, "seen": self.seen, "crop": self.crops, "doubt": self.doubt}
        return numbers | {"landmarks": self.landmarks} | {name: tensor.numpy() for name, tensor in tensors.items() if tensor is not None}


@dataclass(frozen=True)
class _Seen:
    row: int
    crop: Crop
    doubt: float
    landmarks: Float32[np.ndarray, "68 2"]
    numbers: Float32[np.ndarray, " k"]


class TrackRecorder:
    """Collects one face frame by frame, some kilobytes each."""

    def __init__(self) -> None:
        self._rows: list[_Seen] = []
        self._like: Coefficients | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: int, crop: Crop, doubt: float, landmarks: Float32[np.ndarray, "68 2"], coefficients: Coefficients) -> None:
        """The face of a frame: coefficients of a batch of one, landmarks in pixels."""
        self._like = coefficients
        numbers = np.concatenate([part.flatten().numpy() for part in _parts(coefficients)])
        self._rows.append(_Seen(row, crop, doubt, landmarks, numbers))

    def track(self, times: list[float]) -> FaceTrack:
        """The face over all frames; it was seen in one at least."""
        if self._like is None:
            raise ValueError("no frame was added")
        rows, count = [seen.row for seen in self._rows], len(times)

        def spread(values: list[np.ndarray]) -> np.ndarray:
            known = np.stack(values)
            found = np.full((count, *known.shape[1:]), np.nan, known.dtype)
            found[rows] = known
            return found

        return FaceTrack(
            times=np.array(times),
            seen=np.isin(np.arange(count), rows),
            crops=spread([np.array([seen.crop.x, seen.crop.y, seen.crop.side]) for seen in self._rows]),
            doubt=spread([np.array(seen.doubt) for seen in self._rows]),
            landmarks=spread([seen.landmarks for seen in self._rows]),
            coefficients=_unpacked(spread([seen.numbers for seen in self._rows]), self._like),
        )


def _parts(coefficients: Coefficients) -> list[torch.Tensor]:
    """All tensors in a fixed order."""
    own = [getattr(coefficients, field.name) for field in fields(coefficients) if field.name != "pose"]
    return [*(part for part in own if part is not None), coefficients.pose.rotation, coefficients.pose.translation]


def _unpacked(numbers: Float32[np.ndarray, "n k"], like: Coefficients) -> Coefficients:
    sizes = [part.numel() for part in _parts(like)]
    parts = list(torch.from_numpy(numbers).split(sizes, dim=1))
    pose = Pose(*parts[-2:])
    names = [field.name for field in fields(like) if field.name != "pose" and getattr(like, field.name) is not None]
    own = dict(zip(names, parts[:-2], strict=True))
    own["lighting"] = own["lighting"].unflatten(1, (9, 3))
    return replace(like, **own, pose=pose)
