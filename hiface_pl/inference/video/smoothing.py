"""Makes a track steady: what moves is smoothed over time, what belongs to the person becomes one estimate."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from scipy import sparse
from scipy.spatial.transform import Rotation

from hiface_pl.inference.video.track import FaceTrack
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.types import Coefficients, Pose

REACH = 3.0
"""Standard deviations at which the window ends."""
GAP = 0.5
"""Seconds without the face after which nothing before it says anything about what comes. Our choice."""
CLEAR = 0.006
"""Doubt of a clear face, crop widths: below it a frame does not count more. Our choice."""


def smoothed(track: FaceTrack, width: float) -> FaceTrack:
    """Pose, expression and light through `smoothing_rows`; identity, static detail, poles and albedo as `one_person` has them.

    `width` is the window's standard deviation in seconds. Frames in which the face was not seen stay unseen.
    """
    rows = smoothing_rows(track.times, track.seen, width)
    known = track.coefficients
    coefficients = replace(
        one_person(track),
        expression=_carried(rows, known.expression, track.seen),
        lighting=_carried(rows, known.lighting, track.seen),
        pose=_steady_pose(rows, track),
    )
    return replace(track, coefficients=coefficients)


def one_person(track: FaceTrack) -> Coefficients:
    """The track's coefficients with identity, static detail, poles and albedo replaced by their weighted mean over the clip.

    The weight of a frame (`person_weights`) is smaller where the network doubts what it sees and where the head is turned away.
    """
    known, weights = track.coefficients, person_weights(track)
    share, seen = torch.from_numpy(weights / weights.sum()), torch.from_numpy(track.seen)[:, None]

    def mean(values: torch.Tensor) -> torch.Tensor:
        found = (share[:, None] * values.double().nan_to_num()).sum(dim=0).to(values)
        return torch.where(seen, found, values)

    compressed, stretched = (None if poles is None else mean(poles) for poles in (known.compressed, known.stretched))
    identity, static, albedo = (mean(part) for part in (known.identity, known.static, known.albedo))
    return replace(known, identity=identity, static=static, albedo=albedo, compressed=compressed, stretched=stretched)


def smoothing_rows(times: Float64[np.ndarray, " n"], seen: Bool[np.ndarray, " n"], width: float) -> sparse.csr_array:
    """The (n, n) matrix that takes values at `times` to smooth ones: a parabola fitted around each time, weighted by a Gaussian.

    No delay, and peaks are kept better than by a mean (Savitzky-Golay's filter for any times). Rows and columns of unseen frames are
    empty, and so is what lies beyond a gap. Our choice.
    """
    runs = np.cumsum(np.r_[0, np.diff(times[seen]) > GAP])
    frames = np.flatnonzero(seen)
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for place, frame in enumerate(frames):
        first, last = np.searchsorted(times[seen], [times[frame] - REACH * width, times[frame] + REACH * width])
        near = np.arange(first, max(last, place + 1))
        near = near[runs[near] == runs[place]]
        entries.append((np.full(len(near), frame), frames[near], _weights((times[frames[near]] - times[frame]) / width)))
    row, column, value = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    return sparse.csr_array((value, (row, column)), shape=(len(times), len(times)))


def person_weights(track: FaceTrack) -> Float64[np.ndarray, " n"]:
    """How much each frame says about who it is: (CLEAR / doubt)^2, at most 1, times the squared cosine of the head's turn. Our choice."""
    rotation = track.coefficients.pose.rotation.double().numpy()
    turned = np.cos(np.clip(np.linalg.norm(rotation, axis=1), 0, np.pi / 2))
    weights = np.minimum(1, CLEAR / np.maximum(track.doubt, 1e-9)) ** 2 * np.maximum(turned, 0.05) ** 2
    return np.where(track.seen, weights, 0.0)


def _weights(offsets: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
    """What each neighbour adds to the parabola's value in the middle; few neighbours make a straight line, or a mean."""
    powers = offsets[:, None] ** np.arange(min(3, len(offsets)))
    gauss = np.exp(-(offsets**2) / 2)[:, None]
    unit = np.zeros(powers.shape[1])
    unit[0] = 1
    return np.asarray((gauss * powers) @ np.linalg.lstsq(powers.T @ (gauss * powers), unit, rcond=1e-9)[0])


def _carried(rows: sparse.csr_array, values: torch.Tensor, seen: Bool[np.ndarray, " n"]) -> torch.Tensor:
    flat = np.nan_to_num(values.double().flatten(1).numpy())
    found = np.where(seen[:, None], rows @ flat, np.nan)
    return torch.from_numpy(found).to(values).view_as(values)


def _steady_pose(rows: sparse.csr_array, track: FaceTrack) -> Pose:
    """Rotations as the matrices nearest to smoothed ones; places in pixels of the frame, since every crop has a camera of its own."""
    pose, seen = track.coefficients.pose, track.seen
    turns = _rotations(pose.rotation[seen].double().numpy())
    own = sparse.csr_array(rows[seen][:, seen])
    mixed = (own @ turns.reshape(-1, 9)).reshape(-1, 3, 3)
    left, _, right = np.linalg.svd(mixed)
    rotation, translation = (np.full((len(seen), 3), np.nan) for _ in range(2))
    rotation[seen] = _vectors(left @ right)
    translation[seen] = _translations(own @ places(track), track.crops[seen])
    return Pose(torch.from_numpy(rotation).to(pose.rotation), torch.from_numpy(translation).to(pose.translation))


def places(track: FaceTrack) -> Float[np.ndarray, "m 3"]:
    """Where the model's origin is in the frame (pixels), and the logarithm of pixels a millimetre there."""
    x, y, z = track.coefficients.pose.translation[track.seen].double().numpy().T
    crops = track.crops[track.seen]
    scale = FOCAL * crops[:, 2] / -z
    return np.stack([crops[:, 0] + scale * x, crops[:, 1] - scale * y, np.log(scale)], axis=1)


def _translations(where: Float[np.ndarray, "m 3"], crops: Float64[np.ndarray, "m 3"]) -> Float[np.ndarray, "m 3"]:
    """The inverse of `places` for the cameras of these crops."""
    scale = np.exp(where[:, 2])
    x, y = (where[:, 0] - crops[:, 0]) / scale, (crops[:, 1] - where[:, 1]) / scale
    return np.stack([x, y, -FOCAL * crops[:, 2] / scale], axis=1)


def _rotations(vectors: Float64[np.ndarray, "m 3"]) -> Float64[np.ndarray, "m 3 3"]:
    return np.asarray(Rotation.from_rotvec(vectors).as_matrix())


def _vectors(matrices: Float64[np.ndarray, "m 3 3"]) -> Float64[np.ndarray, "m 3"]:
    return np.asarray(Rotation.from_matrix(matrices).as_rotvec())
