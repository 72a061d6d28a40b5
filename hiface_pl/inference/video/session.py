"""One video through a session: tracks, the video beside its faces, and meshes."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from hiface_pl.inference.aligner import cut
from hiface_pl.inference.exports.track_files import write_track
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.reconstruct import SHEET_SIZE, FaceResult
from hiface_pl.inference.session import Session
from hiface_pl.inference.video.animation import write_animation
from hiface_pl.inference.video.looking import Looked, VideoLooker, upright_frames
from hiface_pl.inference.video.painter import SIDE, FramePainter, side_by_side
from hiface_pl.inference.video.reader import Frame, VideoReader
from hiface_pl.inference.video.smoothing import one_person, person_weights, smoothed
from hiface_pl.inference.video.track import FaceTrack
from hiface_pl.inference.video.writer import VideoWriter
from hiface_pl.paths import replacing, writable_folder
from hiface_pl.report.tiles import Tile, write_contact_sheet
from hiface_pl.types import Encoded, Reconstruction

ROWS = 6
"""Frames on the sheet."""

Told = Callable[[int, int | None], None]
"""Called with the steps that are done and, where that is known, how many there are: each frame is looked at, then drawn."""


@dataclass(frozen=True)
class VideoOptions:
    """`smooth` is the width of the smoothing window in seconds, None leaves frames as they were read.

    `every` writes each n-th frame's files as those of a photo, `meshes` the neutral face; `network` is what the files call the network.
    """

    smooth: float | None = None
    every: int | None = None
    meshes: bool = True
    network: str = ""


@dataclass(frozen=True)
class FaceClip:
    """What was written about one face, the video first; panels of one of its frames; numbers of the frames in which it was not seen."""

    folder: Path
    files: list[Path]
    seen: list[Tile]
    missing: list[int]


@dataclass(frozen=True)
class VideoFiles:
    """The faces of a video, how many more were seen too shortly, how many frames it has, and why it ended early (empty if it did not)."""

    faces: list[FaceClip]
    left_out: int
    frames: int
    cut_short: str


class VideoSession:
    """Reconstructs videos with an open session."""

    def __init__(self, session: Session, options: VideoOptions) -> None:
        self.session, self.options = session, options

    def reconstruct(self, path: Path, folder: Path, told: Told) -> VideoFiles:
        """Writes everything about one video into `folder`, several faces into face-1, face-2 ... there. Raises PhotoError or OutputError.

        Frames are read twice and never kept: what stays in memory are some kilobytes a frame and face. Stopped while it draws, the
        videos end where they are, and the tracks are whole.
        """
        reader, done = VideoReader(path), 0

        def step() -> None:
            nonlocal done
            done += 1
            told(done, total)

        total = None if reader.expected is None else 2 * reader.expected
        looked = VideoLooker(self.session).look(reader, step)
        done = total = looked.frames
        total *= 2
        folders = [folder / f"face-{number}" if len(looked.tracks) > 1 else folder for number in range(1, len(looked.tracks) + 1)]
        faces = [self._face(path, track, place) for track, place in zip(looked.tracks.values(), folders, strict=True)]
        self._draw(reader, faces, looked, step)
        return VideoFiles([face.finish() for face in faces], looked.left_out, looked.frames, looked.cut_short)

    def _face(self, path: Path, read: FaceTrack, folder: Path) -> "_FaceWork":
        track = read if self.options.smooth is None else smoothed(read, self.options.smooth)
        about = {"video": path.name, "network": self.options.network, "smoothing_seconds": self.options.smooth}
        files = write_track(track, self.session.reconstructor.assets.model, about, writable_folder(folder))
        return _FaceWork(self.session, self.options, track, folder, files)

    def _draw(self, reader: VideoReader, faces: list["_FaceWork"], looked: Looked, step: Callable[[], None]) -> None:
        stopped = False
        with ExitStack() as stack:
            for face in faces:
                temporary = stack.enter_context(replacing(face.video))
                face.writer = stack.enter_context(VideoWriter(temporary, SIDE * len(face.painter.captions), SIDE, reader.rate))
            try:
                for frame in upright_frames(reader.path, looked.frames):
                    for face in faces:
                        face.draw(frame)
                    step()
            except KeyboardInterrupt:
                stopped = True
        if stopped:
            raise KeyboardInterrupt


class _FaceWork:
    """One face while its frames are drawn."""

    writer: VideoWriter

    def __init__(self, session: Session, options: VideoOptions, track: FaceTrack, folder: Path, files: list[Path]) -> None:
        self.session, self.options, self.track, self.folder, self.files = session, options, track, folder, files
        self.video = folder / "video.mp4"
        detailed = self._decoded(int(np.flatnonzero(track.seen)[0])).detail is not None
        self.painter = FramePainter(session.sheets.studio, track, detailed)
        shown = np.flatnonzero(track.seen)
        self._sheet_rows = set(shown[np.linspace(0, len(shown) - 1, min(ROWS, len(shown))).round().astype(int)].tolist())
        self._sheet: list[list[Tile]] = []

    def draw(self, frame: Frame) -> None:
        """One frame of the video, of the sheet where it is one of its rows, and its own files where they are asked for."""
        row = frame.number
        found = self._decoded(row) if self.track.seen[row] else None
        panels = self.painter.panels(row, frame.pixels, found)
        self.writer.add(side_by_side(panels, f"{frame.time:.2f} s, frame {row}"), frame.time)
        if row in self._sheet_rows:
            self._sheet.append([Tile(f"{frame.time:.2f} s", panels[0].pixels), *panels[1:]])
        if found is not None and self.options.every is not None and row % self.options.every == 0:
            result = self._result(frame, found)
            self.files += self.session.write(result, self.folder / "frames" / f"{row:06d}").files

    def finish(self) -> FaceClip:
        """The sheet and the neutral face."""
        sheet = self.folder / "sheet.png"
        write_contact_sheet(self._sheet, f"{self.folder.name}: coarse shape and detail", sheet)
        files = [self.video, sheet, *self.files]
        if self.options.meshes:
            files += self._neutral()
        return FaceClip(self.folder, files, self._sheet[len(self._sheet) // 2], np.flatnonzero(~self.track.seen).tolist())

    def _neutral(self) -> list[Path]:
        """Meshes, maps and coefficients of the person without expression, in the pose of the frame that counts most."""
        row = int(person_weights(self.track).argmax())
        own = one_person(self.track)[slice(row, row + 1)]
        face = self.session.reconstructor.decode(Encoded(replace(own, expression=torch.zeros_like(own.expression)))).detach()
        exporter, model = self.session.exporter, self.session.reconstructor.assets.model
        animated = write_animation(*exporter.coarse_mesh(face), model, self.track, self.folder / "animated.glb")
        folder = self.folder / "neutral"
        return [animated, *exporter.write_numbers(face, self.track.crop(row), folder), *exporter.write_meshes(face, folder)]

    @torch.no_grad()
    def _decoded(self, row: int) -> Reconstruction:
        found: Reconstruction = self.session.reconstructor.decode(Encoded(self.track.coefficients[slice(row, row + 1)]))
        return found.detach()

    def _result(self, frame: Frame, found: Reconstruction) -> FaceResult:
        crop = self.track.crop(frame.number)
        name = f"frame {frame.number} at {frame.time:.2f} s"
        return FaceResult(Photo(name, frame.pixels), crop, cut(frame.pixels, crop, SHEET_SIZE), found)
