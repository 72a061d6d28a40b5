"""Reads pictures, frames of videos and samples of stores, with bounded memory."""

import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from hiface_pl.data.photos.sources import Source
from hiface_pl.data.store import SampleStore
from hiface_pl.errors import PhotoError
from hiface_pl.inference.photo import Photo, read_photo

LONGEST = 4096
"""Pixels along the longer side beyond which a picture is reduced by a whole number. Our choice: 50 MB a picture."""
AHEAD = 48
"""Frames that are skipped one by one; farther ones are jumped to."""


class PictureReader:
    """Reads sources one after the other; a video stays open for its next frame, a store for its next sample."""

    def __init__(self) -> None:
        self._store: SampleStore | None = None
        self._path, self._next = "", 0
        self._video = cv2.VideoCapture()

    def read(self, source: Source) -> Photo:
        """The picture, upright, 8-bit RGB. Raises PhotoError for what cannot be read or has more than 89 million pixels, StoreError for a
        damaged store.
        """
        if source.frame is not None:
            return self._sample(source, source.frame) if source.stored else self._frame(source, source.frame)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                return read_photo(Path(source.path), LONGEST)
            except Image.DecompressionBombWarning as error:
                raise PhotoError(f"the photo {source.name} has more than 89 million pixels: save it smaller") from error

    def _sample(self, source: Source, number: int) -> Photo:
        if self._store is None or self._store.path != Path(source.path):
            self._store = SampleStore(Path(source.path))
        return Photo(source.name, self._store.open_records([number])[0].image())

    def _frame(self, source: Source, number: int) -> Photo:
        if source.path != self._path:
            self._video.release()
            self._video = cv2.VideoCapture(source.path)
            self._path, self._next = source.path, 0
        if not self._next <= number <= self._next + AHEAD:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, number)
            self._next = number
        while self._next < number and self._video.grab():
            self._next += 1
        read, pixels = self._video.read()
        self._next = number + 1
        if not read:
            raise PhotoError(f"frame {number} of {source.path} cannot be read: convert the video to MP4 (H.264)")
        return Photo(source.name, np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8))
