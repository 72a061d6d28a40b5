"""Writes a video that browsers play: H.264 with 4:2:0 colours in MP4, every frame at its own time."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from jaxtyping import UInt8

from hiface_pl.errors import OutputError

_TICKS = 90_000
"""Ticks a second in which times are written."""
_OPTIONS = {"crf": "19", "preset": "veryfast"}
"""Our choice: no loss to be seen, and a tenth of the time that drawing takes."""


class VideoWriter:
    """An open MP4 file; leaving the block finishes it. Raises OutputError."""

    def __init__(self, path: Path, width: int, height: int, rate: Fraction) -> None:
        """`width` and `height` are even; `rate` is what players show as frames a second."""
        self.path = path
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream("libx264", rate=rate.limit_denominator(_TICKS), options=_OPTIONS)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS)

    def add(self, pixels: UInt8[np.ndarray, "h w 3"], time: float) -> None:
        """Adds an RGB picture at `time` in seconds, later than the one before."""
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = round(time * _TICKS), Fraction(1, _TICKS)
        self._mux(frame)

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._mux(None)
        self._container.close()

    def _mux(self, frame: VideoFrame | None) -> None:
        try:
            packets: list[Packet] = self._stream.encode(frame)
            self._container.mux(packets)
        except av.error.FFmpegError as problem:
            raise OutputError(f"cannot write {self.path} ({problem.strerror}): free some space or name another place") from problem
