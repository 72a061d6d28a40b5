"""Draws a frame of a video beside the face that was found in it: input, overlay, coarse and detailed mesh."""

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter1d

from hiface_pl.data.crop import Crop
from hiface_pl.inference.aligner import cut
from hiface_pl.inference.sight import BACKGROUND, View
from hiface_pl.inference.studio import Studio
from hiface_pl.inference.video.track import FaceTrack
from hiface_pl.report.tiles import Tile
from hiface_pl.types import Reconstruction

SIDE = 360
"""Pixels of each panel."""
WIDER = 1.2
"""Side of what is shown in sides of the face's crop. Our choice."""
STEADY = 0.6
"""Seconds over which the shown window follows the face. Our choice: the camera seems to be held still."""
STRENGTH = 0.7
INK, LETTERS = (30, 30, 34), 15


class FramePainter:
    """Draws the frames of one face's track."""

    def __init__(self, studio: Studio, track: FaceTrack, detailed: bool) -> None:
        """`detailed` asks for the last panel."""
        self.studio, self.track, self.detailed = studio, track, detailed
        self.windows = steady_windows(track)

    @property
    def captions(self) -> tuple[str, ...]:
        """What the panels show."""
        return ("input", "overlay", "coarse", "detailed") if self.detailed else ("input", "overlay", "coarse")

    def panels(self, row: int, pixels: UInt8[np.ndarray, "h w 3"], found: Reconstruction | None) -> list[Tile]:
        """The pictures of one frame; `found` (batch of one) is None where the face was not seen."""
        window = self.windows[row]
        shown = cut(pixels, window, SIDE)
        if found is None:
            return [Tile(self.captions[0], shown), *(Tile(caption, _empty()) for caption in self.captions[1:])]
        view = _through(window, self.track.crop(row), found)
        vertices = found.shape.expressive[0].numpy()
        coarse = self.studio.clay(vertices, None, view, SIDE)
        if not self.detailed or found.detail is None:
            pictures = [shown, coarse.over(shown, STRENGTH), coarse.pixels]
        else:
            fine = self.studio.clay(vertices, found.detail.total[0, 0].numpy(), view, SIDE)
            pictures = [shown, fine.over(shown, STRENGTH), coarse.pixels, fine.pixels]
        return [Tile(caption, picture) for caption, picture in zip(self.captions, pictures, strict=True)]


def side_by_side(panels: list[Tile], note: str) -> UInt8[np.ndarray, "s w 3"]:
    """The panels in a row with their captions, and a note in the first one's corner."""
    canvas = np.ascontiguousarray(np.concatenate([tile.pixels for tile in panels], axis=1))
    for number, tile in enumerate(panels):
        _write(canvas, tile.caption, (number * SIDE + 6, 4))
    _write(canvas, note, (6, SIDE - 26))
    return canvas


def steady_windows(track: FaceTrack) -> list[Crop]:
    """What is shown of each frame: a square that follows the face slowly, also through frames in which it was not seen."""
    known = track.crops[track.seen]
    filled = np.stack([np.interp(track.times, track.times[track.seen], known[:, axis]) for axis in range(3)], axis=1)
    frames = STEADY * max(len(track.times) - 1, 1) / max(track.times[-1], 1e-3)
    steady: Float64[np.ndarray, "n 3"] = gaussian_filter1d(filled, frames, axis=0, mode="nearest")
    return [Crop(x, y, WIDER * side) for x, y, side in steady.tolist()]


def _through(window: Crop, crop: Crop, found: Reconstruction) -> View:
    """The window as the camera of the face's crop sees it."""
    x, y = crop.to_crop(np.array([[window.x, window.y]]))[0].tolist()
    return View(found.coefficients.pose, x, y, window.side / crop.side)


def _empty() -> UInt8[np.ndarray, "s s 3"]:
    picture = np.full((SIDE, SIDE, 3), BACKGROUND, np.uint8)
    _write(picture, "no face in this frame", (SIDE // 2 - 80, SIDE // 2))
    return picture


def _write(canvas: UInt8[np.ndarray, "h w 3"], text: str, place: tuple[int, int]) -> None:
    """Dark letters with a light rim, the left top corner at `place`; only the part that they cover is drawn anew."""
    font = ImageFont.load_default(LETTERS)
    left, top = place
    part = canvas[top : top + 2 * LETTERS, left : left + SIDE - 8]
    picture = Image.fromarray(part)
    ImageDraw.Draw(picture).text((2, 2), text, INK, font=font, stroke_width=2, stroke_fill=(255, 255, 255))
    part[:] = np.asarray(picture)
