"""MediaPipe's face landmark network (468 points), run on pictures of heads while the model's keypoints are looked for."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from hiface_pl.assets.archive import open_wheel
from hiface_pl.errors import AssetError

_MEMBER = "mediapipe/modules/face_landmark/face_landmark.tflite"
_SIDE = 192
_MARGIN = 1.5
"""The network wants a square 1.5 times the size of the points' box."""

IBUG_68 = (
    *(127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356),
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
)
"""Points of the network that stand for the 68 iBUG landmarks. Our choice: a fixed table, read off the published mesh drawing."""


class LandmarkNetwork:
    """Finds 468 points in an image of one face whose place is known. Needs the package ai-edge-litert (extra `build-model`)."""

    def __init__(self, wheel: Path) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415
        except ImportError as error:
            raise AssetError(
                "finding landmarks needs the package ai-edge-litert: install it with `pip install 'hiface-pl[build-model]'`"
            ) from error
        with open_wheel(wheel) as archive:
            self._network = Interpreter(model_content=archive.read(_MEMBER), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = self._network.get_output_details()
        self._points = max(outputs, key=lambda output: int(np.prod(output["shape"])))["index"]
        self._certainty = min(outputs, key=lambda output: int(np.prod(output["shape"])))["index"]

    def __call__(self, image: Float32[np.ndarray, "h w 3"], box: Float64[np.ndarray, " 4"]) -> Float64[np.ndarray, "468 2"] | None:
        """Pixel positions of the points, or None where the network sees no face. `box` is a first guess (left, top, right, bottom)."""
        points = None
        for _ in range(2):
            points = self._run(image, _square(box))
            if points is None:
                return None
            box = np.concatenate([points.min(axis=0), points.max(axis=0)])
        return points

    def _run(self, image: np.ndarray, square: tuple[float, float, float]) -> Float64[np.ndarray, "468 2"] | None:
        left, top, side = square
        scale = side / _SIDE
        crop = cv2.warpAffine(
            image, np.array([[scale, 0, left], [0, scale, top]]), (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        self._network.set_tensor(self._input, crop[None].astype(np.float32))
        self._network.invoke()
        if float(self._network.get_tensor(self._certainty).ravel()[0]) < 0:
            return None
        return self._network.get_tensor(self._points).reshape(-1, 3)[:, :2].astype(np.float64) * scale + [left, top]


def _square(box: Float64[np.ndarray, " 4"]) -> tuple[float, float, float]:
    side = float((box[2:] - box[:2]).max()) * _MARGIN
    left, top = (box[:2] + box[2:]) / 2 - side / 2
    return float(left), float(top), side
