"""The first pass over a video: who is where in which frame, and what the network reads there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from hiface_pl.errors import PhotoError
from hiface_pl.inference.aligner import Aligned, as_input, cut
from hiface_pl.inference.detector import BoxGiven
from hiface_pl.inference.look_threads import threads_for_a_look
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.session import Session
from hiface_pl.inference.video.follower import FaceFollower
from hiface_pl.inference.video.reader import Frame, VideoReader
from hiface_pl.inference.video.track import FaceTrack, TrackRecorder
from hiface_pl.types import Reconstruction, Wanted

SHORTEST = 3
"""Frames in which a face must be seen where others are seen longer. Our choice: what comes and goes at once is mostly no face."""

Told = Callable[[], None]


@dataclass(frozen=True)
class Looked:
    """The tracks of a video's faces by number, how many faces were too short, and why reading ended early (empty if it did not)."""

    tracks: dict[int, FaceTrack]
    left_out: int
    frames: int
    cut_short: str


class VideoLooker:
    """Follows and reads the faces of one video with a session's network, detector and refiner."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def look(self, reader: VideoReader, told: Told) -> Looked:
        """All tracks. `told` is called once a frame. Raises PhotoError where no frame shows a face."""
        with threads_for_a_look(self.session.reconstructor.encoder):
            return self._look(reader, told)

    def _look(self, reader: VideoReader, told: Told) -> Looked:
        detector, network = self.session.detector, self.session.reconstructor
        follower = FaceFollower(detector, network, single=not detector.certain or isinstance(detector, BoxGiven))
        recorders: dict[int, TrackRecorder] = {}
        times: list[float] = []
        for frame in reader.frames():
            photo = Photo(f"{reader.path.name}, frame {frame.number}", frame.pixels)
            for number, found in follower.look(photo, frame.number, frame.time).items():
                self._record(photo, frame, found, recorders.setdefault(number, TrackRecorder()))
            times.append(frame.time)
            told()
        kept = _long_enough({number: recorder for number, recorder in recorders.items() if len(recorder)})
        if not kept:
            raise PhotoError(f"no face was found in any of the {len(times)} frames of {reader.path}: give its place with --box x,y,w,h")
        tracks = {number: recorder.track(times) for number, recorder in kept.items()}
        return Looked(tracks, len(recorders) - len(kept), len(times), reader.cut_short)

    @torch.no_grad()
    def _record(self, photo: Photo, frame: Frame, found: Aligned, recorder: TrackRecorder) -> None:
        """Reads one face; where the refiner sees none, the face counts as not seen."""
        network, crop = self.session.reconstructor, found.crop
        encoded = network.encoder(as_input(cut(photo.pixels, crop, network.image_size), torch.device("cpu")))
        read: Reconstruction = network.decode(encoded, wanted=Wanted.NOTHING)
        if self.session.refiner is not None:
            try:
                read = self.session.refiner.refined(photo, crop, read)[0]
            except PhotoError:
                return
        landmarks = crop.to_image(read.landmarks[0].double().numpy()).astype("float32")
        recorder.add(frame.number, crop, found.doubt, landmarks, read.coefficients.detach())


def _long_enough(recorders: dict[int, TrackRecorder]) -> dict[int, TrackRecorder]:
    """Without faces of a few frames, unless there is nothing else; the one that is seen longest first."""
    longest = max((len(recorder) for recorder in recorders.values()), default=0)
    ordered = sorted(recorders.items(), key=lambda item: -len(item[1]))
    return {number: recorder for number, recorder in ordered if len(recorder) >= min(SHORTEST, longest)}


def upright_frames(path: Path, count: int) -> Iterator[Frame]:
    """The first `count` frames, for the second pass."""
    for frame in VideoReader(path).frames():
        if frame.number >= count:
            return
        yield frame
