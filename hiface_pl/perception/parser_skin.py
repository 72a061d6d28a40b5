"""Skin as a face parsing network of the user's sees it."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import nn
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.perception.face_landmarks import FaceLandmarks
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.perception.skin import SkinMasker
from hiface_pl.perception.square import Square


class ParserSkin(SkinMasker):
    """Runs `network` on a square around the face: (1, 3, side, side) RGB minus `mean` over `std` to (1, classes, h, w) scores.

    `skin` are the classes that count as skin; in the order of CelebAMask-HQ, which BiSeNet-style parsers keep, those are skin and nose
    (1 and 10), and brows (2 and 3) if wanted. `margin` is the side of the square in sizes of the face. The project has no such network:
    name yours by `class_path`, with its weights loaded.
    """

    def __init__(
        self,
        network: nn.Module,
        skin: Sequence[int] = (1, 10),
        side: int = 512,
        margin: float = 2.0,
        mean: tuple[float, float, float] = (0.485, 0.456, 0.406),
        std: tuple[float, float, float] = (0.229, 0.224, 0.225),
    ) -> None:
        self._network = network.eval()
        self._skin, self._side, self._margin = list(skin), side, margin
        self._mean, self._std = (torch.tensor(values)[:, None, None] for values in (mean, std))

    @override
    def mask(self, image: UInt8[np.ndarray, "h w 3"], face: FaceLandmarks) -> Bool[np.ndarray, "h w"]:
        square = Square.over(face.points, face.points[LEFT_EYE_OUTER] - face.points[RIGHT_EYE_OUTER], self._margin)
        return square.paste(self._parsed(square.cut(image, self._side)), (image.shape[0], image.shape[1])) > 127

    @torch.no_grad()
    def _parsed(self, pixels: UInt8[np.ndarray, "s s 3"]) -> UInt8[np.ndarray, "s s"]:
        """255 where one of the skin classes wins. Raises ConfigError where the network's output is not an image of scores."""
        scores = self._network(((torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - self._mean) / self._std)[None])
        if not isinstance(scores, torch.Tensor) or scores.dim() != 4 or scores.shape[1] <= max(self._skin):
            raise ConfigError(
                f"the parser {type(self._network).__name__} does not return scores (1, classes, h, w) with more than {max(self._skin)} "
                "classes: wrap it in a module that does, or name other skin classes"
            )
        found = torch.isin(scores[0].argmax(dim=0), torch.tensor(self._skin, device=scores.device))
        whole = found.cpu().numpy().astype(np.uint8) * 255
        return np.asarray(cv2.resize(whole, (self._side, self._side), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
