"""One page about one face: the photo, what was reconstructed from it, and the same face animated."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.face_models.face_model import FaceModel, unit_base
from hiface_pl.inference.reconstruct import FaceResult
from hiface_pl.inference.studio import Studio, View
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


class _Actor:
    """One person in one expression: coarse vertices (mm), displacement maps if the head makes any, and meshes, each made once."""

    def __init__(self, reconstruction: Reconstruction, studio: Studio, model: FaceModel) -> None:
        detail = reconstruction.detail
        self.vertices: Float32[np.ndarray, "v 3"] = reconstruction.shape.expressive[0].numpy()
        self.landmarks = model.keypoints68.on(self.vertices)
        self.static = None if detail is None else detail.static[0, 0].numpy()
        self.total = None if detail is None else detail.total[0, 0].numpy()
        self.weights = None
        if detail is not None and detail.weight_compressed is not None and detail.weight_stretched is not None:
            self.weights = (detail.weight_compressed[0, 0].numpy(), detail.weight_stretched[0, 0].numpy())
        self._studio = studio

    @cached_property
    def coarse(self) -> DetailedMesh:
        return self._studio.displacer.displace(self.vertices)

    @cached_property
    def detailed(self) -> DetailedMesh:
        """The coarse mesh where there is no detail."""
        return self.coarse if self.total is None else self._studio.displacer.displace(self.vertices, self.total)


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
        seen, cast = self.as_seen(result), self._cast(result.reconstruction)
        page = contact_sheet([seen, self.animated(cast), self.close_ups(cast)], title)
        with replacing(path) as temporary:
            Image.fromarray(page).save(temporary, compress_level=1)
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
        full = self.studio.drawn(actor.detailed, view, self.tile)
        tiles = [
            Tile(name, picture),
            Tile("overlay", full.over(picture, 0.7)),
            Tile("coarse", self.studio.drawn(actor.coarse, view, self.tile).pixels),
        ]
        if actor.total is None:
            return tiles
        tiles.append(Tile("+ static detail", self.studio.clay(actor.vertices, actor.static, view, self.tile).pixels))
        tiles.append(Tile("+ static and dynamic", full.pixels))
        if actor.weights is not None:
            tiles.append(Tile("tension (red: compressed)", self.studio.tension(actor.coarse, actor.weights, view, self.tile).pixels))
        return tiles

    def animated(self, cast: dict[str, _Actor]) -> list[Tile]:
        """The same person from the front: neutral, smiling, with raised brows; coarse and detailed."""
        view, tiles = _frontal(cast), []
        for name, actor in cast.items():
            tiles.append(Tile(f"{name}, coarse", self.studio.drawn(actor.coarse, view, self.tile).pixels))
            if actor.total is not None:
                tiles.append(Tile(f"{name}, detailed", self.studio.drawn(actor.detailed, view, self.tile).pixels))
        return tiles

    def close_ups(self, cast: dict[str, _Actor]) -> list[Tile]:
        """Forehead and eye corner in raking light, where wrinkles come and go with the expression."""
        neutral, smile, raised = cast["neutral"], cast["smile"], cast["brow raise"]
        forehead, eye = _close_up_views(neutral, _frontal(cast))
        shots = [("forehead, coarse", neutral.coarse, forehead), ("forehead, neutral", neutral.detailed, forehead)]
        shots += [("forehead, brow raise", raised.detailed, forehead), ("eye, coarse", neutral.coarse, eye)]
        shots += [("eye, neutral", neutral.detailed, eye), ("eye, smile", smile.detailed, eye)]
        return [Tile(caption, self.studio.drawn(mesh, where, self.tile).pixels) for caption, mesh, where in shots]

    def _cast(self, reconstruction: Reconstruction) -> dict[str, _Actor]:
        """The same person neutral and in all of EXPRESSIONS."""
        return {name: self._played(reconstruction, name) for name in ("neutral", *EXPRESSIONS)}

    @torch.no_grad()
    def _played(self, reconstruction: Reconstruction, name: str) -> _Actor:
        """The same person with one of EXPRESSIONS, or none. Paper: static detail stays, dynamic detail follows."""
        known = {unit_base(unit) for unit in self.model.expression_names}
        units = {unit: weight for unit, weight in EXPRESSIONS.get(name, {}).items() if unit in known}
        expression = torch.from_numpy(self.model.expression(**units))[None]
        return self._actor(self.reconstructor.decode(Encoded(replace(reconstruction.coefficients, expression=expression))).detach())

    def _actor(self, reconstruction: Reconstruction) -> _Actor:
        return _Actor(reconstruction, self.studio, self.model)


def _frontal(cast: dict[str, _Actor]) -> View:
    landmarks = torch.from_numpy(cast["neutral"].landmarks)
    return View(Pose(torch.zeros(1, 3), middle_of_the_crop(landmarks)[None]))


def _close_up_views(actor: _Actor, view: View) -> tuple[View, View]:
    points = project(to_camera(torch.from_numpy(actor.landmarks)[None], view.pose))[0].numpy()
    (brow_x, brow_y), (eye_x, eye_y) = points[17:27].mean(axis=0).tolist(), points[45].tolist()
    return view.close_up(brow_x, brow_y - 0.28 * FOREHEAD, FOREHEAD), view.close_up(eye_x, eye_y, EYE)
