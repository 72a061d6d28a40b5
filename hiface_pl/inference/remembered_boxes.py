"""Face boxes of photos that are looked at again and again: searched once, since where a photo shows faces never changes."""

from typing_extensions import override

from hiface_pl.inference.detector import FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo


class RememberedBoxes(FaceDetector):
    """Another detector's boxes, kept by the photo's name. A photo without a face is searched again."""

    def __init__(self, detector: FaceDetector) -> None:
        self.detector, self.certain = detector, detector.certain
        self._boxes: dict[str, list[FaceBox]] = {}

    @override
    def find(self, photo: Photo) -> list[FaceBox]:
        if photo.name not in self._boxes:
            self._boxes[photo.name] = self.detector.find(photo)
        return self._boxes[photo.name]
