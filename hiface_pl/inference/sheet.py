"""One page about one face: the photo, what was reconstructed from it, and the same face animated."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image

from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.face_models.face_model import FaceModel, unit_base
from hiface_pl.inference.reconstruct import FaceResult
from hiface_pl.inference.studio import Picture, Studio, View
from hiface_pl.paths import replacing
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.report.tiles import Tile, contact_sheet
from hiface_pl.types import Encoded, Pose, Reconstruction

TILE = 300
EXPRESSIONS = {"smile": {"mouthSmile": 0.85, "cheekSquint": 0.6}, "brow raise": {"browInnerUp": 1.0, "browOuterUp": 0.8}}
"""What the face is animated to, as expression units; a model that lacks a unit shows the others. Our choice."""
FOREHEAD, EYE = 0.42, 0.30
"""Sides of the close-ups in crop widths."""


@dataclass(frozen=True)
class _Actor:
    """One person in one expression: coarse vertices (mm) and displacement maps, if the head makes any."""

    vertices: Float32[np.ndarray, "v 3"]
    landmarks: Float32[np.ndarray, "68 3"]
    static: Float32[np.ndarray, "r r"] | None
    total: Float32[np.ndarray, "r r"] | None
    weights: tuple[Float32[np.ndarray, "r r"], Float32[np.ndarray, "r r"]] | None


class SheetMaker:
    """Draws sheets of one reconstructor's faces."""

    def __init__(self, reconstructor: Reconstructor, tile: int = TILE) -> None:
        """`tile` is the side of one picture in pixels."""
        self.reconstructor, self.tile = reconstructor, tile
        self.model: FaceModel = reconstructor.assets.model

    @cached_property
    def studio(self) -> Studio:
        """Made when the first face is drawn."""
        return Studio(self.reconstructor.assets)

    def write(self, result: FaceResult, path: Path) -> list[Tile]:
        """Writes the page as PNG and returns its first row. Raises OutputError."""
        title = f"{result.photo.name}: coarse shape, static and dynamic detail"
        seen = self.as_seen(result)
        page = contact_sheet([seen, self.animated(result), self.close_ups(result)], title)
        with replacing(path) as temporary:
            Image.fromarray(page).save(temporary, compress_level=4)
        return seen

    def as_seen(self, result: FaceResult) -> list[Tile]:
        """The photo's crop and the face in the photo's pose."""
        photo = np.asarray(cv2.resize(result.view, (self.tile, self.tile), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return self.stages(photo, result.reconstruction, "photo")

    def stages(self, picture: UInt8[np.ndarray, "s s 3"], reconstruction: Reconstruction, name: str) -> list[Tile]:
        """A crop of a tile's size under its `name` and the face found in it (batch of one), in its pose: overlay, coarse, + static,
        + dynamic, tension.
        """
        actor = self._actor(reconstruction)
        view = View(reconstruction.coefficients.pose)
        full = self._clay(actor, view, detail=True)
        tiles = [
            Tile(name, picture),
            Tile("overlay", full.over(picture, 0.7)),
            Tile("coarse", self._clay(actor, view, detail=False).pixels),
        ]
        if actor.total is None:
            return tiles
        tiles.append(Tile("+ static detail", self.studio.clay(actor.vertices, actor.static, view, self.tile).pixels))
        tiles.append(Tile("+ static and dynamic", full.pixels))
        if actor.weights is not None:
            tiles.append(Tile("tension (red: compressed)", self.studio.tension(actor.vertices, actor.weights, view, self.tile).pixels))
        return tiles

    def animated(self, result: FaceResult) -> list[Tile]:
        """The same person from the front: neutral, smiling, with raised brows; coarse and detailed."""
        view, tiles = self._frontal(result.reconstruction), []
        for name in ("neutral", *EXPRESSIONS):
            actor = self._played(result.reconstruction, name)
            tiles.append(Tile(f"{name}, coarse", self._clay(actor, view, detail=False).pixels))
            if actor.total is not None:
                tiles.append(Tile(f"{name}, detailed", self._clay(actor, view, detail=True).pixels))
        return tiles

    def close_ups(self, result: FaceResult) -> list[Tile]:
        """Forehead and eye corner in raking light, where wrinkles come and go with the expression."""
        view = self._frontal(result.reconstruction)
        neutral = self._played(result.reconstruction, "neutral")
        forehead, eye = self._close_up_views(neutral, view)
        shots = [("forehead, coarse", "neutral", forehead, False), ("forehead, neutral", "neutral", forehead, True)]
        shots += [("forehead, brow raise", "brow raise", forehead, True), ("eye, coarse", "neutral", eye, False)]
        shots += [("eye, neutral", "neutral", eye, True), ("eye, smile", "smile", eye, True)]
        return [
            Tile(caption, self._clay(self._played(result.reconstruction, name), where, detail).pixels)
            for caption, name, where, detail in shots
        ]

    def _clay(self, actor: _Actor, view: View, detail: bool) -> Picture:
        return self.studio.clay(actor.vertices, actor.total if detail else None, view, self.tile)

    def _frontal(self, reconstruction: Reconstruction) -> View:
        landmarks = torch.from_numpy(self._played(reconstruction, "neutral").landmarks)
        return View(Pose(torch.zeros(1, 3), middle_of_the_crop(landmarks)[None]))

    def _close_up_views(self, actor: _Actor, view: View) -> tuple[View, View]:
        points = project(to_camera(torch.from_numpy(actor.landmarks)[None], view.pose))[0].numpy()
        (brow_x, brow_y), (eye_x, eye_y) = points[17:27].mean(axis=0).tolist(), points[45].tolist()
        return view.close_up(brow_x, brow_y - 0.28 * FOREHEAD, FOREHEAD), view.close_up(eye_x, eye_y, EYE)

    @torch.no_grad()
    def _played(self, reconstruction: Reconstruction, name: str) -> _Actor:
        """The same person with one of EXPRESSIONS, or none. Paper: static detail stays, dynamic detail follows."""
        known = {unit_base(unit) for unit in self.model.expression_names}
        units = {unit: weight for unit, weight in EXPRESSIONS.get(name, {}).items() if unit in known}
        expression = torch.from_numpy(self.model.expression(**units))[None]
        return self._actor(self.reconstructor.decode(Encoded(replace(reconstruction.coefficients, expression=expression))).detach())

    def _actor(self, reconstruction: Reconstruction) -> _Actor:
        vertices, detail = reconstruction.shape.expressive[0].numpy(), reconstruction.detail
        landmarks = self.model.keypoints68.on(vertices)
        if detail is None:
            return _Actor(vertices, landmarks, None, None, None)
        weights = None
        if detail.weight_compressed is not None and detail.weight_stretched is not None:
            weights = (detail.weight_compressed[0, 0].numpy(), detail.weight_stretched[0, 0].numpy())
        return _Actor(vertices, landmarks, detail.static[0, 0].numpy(), detail.total[0, 0].numpy(), weights)
