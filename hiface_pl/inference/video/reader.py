"""Reads the frames of a video one after the other, upright, with their times; at most a few are in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from jaxtyping import UInt8

from hiface_pl.errors import PhotoError
from hiface_pl.inference.photo import SMALLEST

_ADVICE = "convert it to MP4 (H.264)"
_FEWEST_MISSING = 3
"""Frames that may be fewer than the file announces: some cameras count one or two too many."""
_LEAST_STEP = 1e-4
"""Seconds between two frames at least, where a file gives them the same time."""


@dataclass(frozen=True)
class Frame:
    """One picture: its number from 0, its time in seconds from the first frame, RGB."""

    number: int
    time: float
    pixels: UInt8[np.ndarray, "h w 3"]


class VideoReader:
    """One video file. Rotation flags and pixels that are not square are applied; frames keep their own times, however irregular."""

    def __init__(self, path: Path) -> None:
        """Looks into the file. Raises PhotoError where it is no video."""
        self.path = path
        self.cut_short = ""
        """Why reading ended before the video's end, empty where it did not: known once `frames` has ended."""
        with self._opened() as container:
            stream = container.streams.video[0]
            self.rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
            self.expected: int | None = stream.frames or _frames_by_time(container, self.rate)
            self._announced = stream.frames

    def frames(self) -> Iterator[Frame]:
        """All frames in order. Raises PhotoError where there is none; where the rest cannot be decoded, it ends and says why."""
        count, dropped, first, last, self.cut_short = 0, 0, 0.0, -1.0, ""
        with self._opened() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            try:
                for packet in container.demux(stream):
                    dropped += packet.is_discard
                    for frame in packet.decode():
                        time = count / float(self.rate) if frame.time is None else frame.time
                        first = time if count == 0 else first
                        last = max(time - first, last + _LEAST_STEP)
                        yield Frame(count, last, _upright(frame, stream))
                        count += 1
            except av.error.FFmpegError as error:
                self.cut_short = f"frame {count} cannot be decoded ({_reason(error)})"
        if count == 0:
            raise PhotoError(f"the video {self.path} has no frame that can be decoded: {_ADVICE}")
        if not self.cut_short and count + dropped < self._announced - _FEWEST_MISSING:
            self.cut_short = f"it ends after {count} of {self._announced} frames"

    def _opened(self) -> "av.container.InputContainer":
        try:
            container = av.open(str(self.path))
        except FileNotFoundError as error:
            raise PhotoError(f"there is no video {self.path}: check the name") from error
        except (av.error.FFmpegError, OSError) as error:
            raise PhotoError(f"cannot read the video {self.path} ({_reason(error)}): {_ADVICE}") from error
        if not container.streams.video:
            container.close()
            raise PhotoError(f"the file {self.path} holds no pictures: give a video")
        stream = container.streams.video[0]
        if min(stream.width, stream.height) < SMALLEST:
            container.close()
            raise PhotoError(f"the video {self.path} is {stream.width}x{stream.height} pixels, too small to show a face: give a larger one")
        return container


def _frames_by_time(container: "av.container.InputContainer", rate: Fraction) -> int | None:
    return None if container.duration is None else round(container.duration / av.time_base * rate)


def _upright(frame: VideoFrame, stream: VideoStream) -> UInt8[np.ndarray, "h w 3"]:
    ratio = float(stream.sample_aspect_ratio or 1)
    wide = round(frame.width * ratio) if 0.2 < ratio < 5 else frame.width
    pixels = frame.to_ndarray(format="rgb24", width=wide, height=frame.height)
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0].lower()
