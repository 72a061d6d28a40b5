"""What `hiface-pl reconstruct` does with a video."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from hiface_pl.errors import PhotoError
from hiface_pl.inference.faces_page import FacesPage
from hiface_pl.inference.session import Session
from hiface_pl.inference.video.session import VideoFiles, VideoOptions, VideoSession


class VideoBatch:
    """One call's videos through one session."""

    def __init__(self, session: Session, arguments: argparse.Namespace, network: str, page: FacesPage, console: Console) -> None:
        options = VideoOptions(arguments.smooth, arguments.every, not arguments.no_meshes, network)
        self.videos = VideoSession(session, options)
        self.page, self.console = page, console

    def reconstruct(self, video: Path, folder: Path, bar: Progress) -> None:
        """Raises PhotoError where the video could not be read to its end; what was read is reconstructed."""
        task = bar.add_task("frames, looked at and drawn", total=None)
        try:
            found = self.videos.reconstruct(video, folder, lambda done, total: bar.update(task, completed=done, total=total))
        finally:
            bar.remove_task(task)
        self._tell(video, found)
        for face in found.faces:
            self.page.add(face.folder.relative_to(self.page.folder).as_posix(), face.seen)
        if found.cut_short:
            raise PhotoError(f"the video {video} is damaged, {found.cut_short}: the {found.frames} frames before that were reconstructed")

    def _tell(self, video: Path, found: VideoFiles) -> None:
        for face in found.faces:
            self.console.print(f"{video}: {found.frames} frames, {len(face.files)} files in {face.folder}", markup=False)
            if face.missing:
                self.console.print(f"no face in {len(face.missing)} frames: {in_words(face.missing)}", markup=False)
            self.console.print(str(face.files[0]), markup=False)
        if found.left_out:
            self.console.print(f"{video}: {found.left_out} more faces left out, seen in one or two frames", markup=False)


def in_words(numbers: list[int], most: int = 8) -> str:
    """Sorted numbers as ranges, such as `3 to 8, 12`, at most so many of them."""
    starts = [number for place, number in enumerate(numbers) if place == 0 or numbers[place - 1] != number - 1]
    ends = [number for place, number in enumerate(numbers) if place == len(numbers) - 1 or numbers[place + 1] != number + 1]
    ranges = [str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True)]
    more = f" and {len(ranges) - most} more ranges (all in track.csv)" if len(ranges) > most else ""
    return ", ".join(ranges[:most]) + more
