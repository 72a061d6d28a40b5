"""One page about one face: the photo, what was reconstructed from it, and the same face animated."""

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.face_models.face_model import FaceModel, unit_base
from hiface_pl.inference.reconstruct import FaceResult
from hiface_pl.inference.sight import View
from hiface_pl.inference.studio import Studio
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.report.tiles import Tile, write_contact_sheet
from hiface_pl.types import Encoded, Pose, Reconstruction

TILE = 300
NEUTRAL = "neutral"
EXPRESSIONS = {"smile": {"mouthSmile": 0.85, "cheekSquint": 0.6}, "brow raise": {"browInnerUp": 1.0, "browOuterUp": 0.8}}
"""What the face is animated to, as expression units; a model that lacks a unit shows the others. Our choice."""
FACE = "face"
CLOSE_UPS = {"forehead": (NEUTRAL, "brow raise"), "eye": (NEUTRAL, "smile")}
"""What is shown in raking light, and in which expressions: wrinkles come and go with them. The first one is shown without detail too."""
FOREHEAD, EYE = 0.42, 0.30
"""Sides of the close-ups in crop widths."""


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

    def start(self, result: FaceResult, workers: Executor) -> "SheetUnderWay":
        """Lets workers draw the pictures, expression by expression: those of one share meshes, and what the camera sees of these."""
        title = f"{result.photo.name}: coarse shape, static and dynamic detail"
        seen = workers.submit(self.as_seen, result)
        cast = self._cast(result.reconstruction)
        views = self._views(cast[NEUTRAL])
        return SheetUnderWay(title, seen, [workers.submit(self._played, name, face, views) for name, face in cast.items()])

    def as_seen(self, result: FaceResult) -> list[Tile]:
        """The photo's crop and the face in the photo's pose."""
        photo = np.asarray(cv2.resize(result.view, (self.tile, self.tile), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return self.stages(photo, result.reconstruction, "photo")

    def stages(self, picture: UInt8[np.ndarray, "s s 3"], reconstruction: Reconstruction, name: str) -> list[Tile]:
        """A crop of a tile's size under its `name` and the face found in it (batch of one), in its pose: overlay, coarse, + static,
        + dynamic, tension.
        """
        studio, detail = self.studio, reconstruction.detail
        coarse = studio.displacer.displace(_vertices(reconstruction))
        shown, full = {"coarse": studio.as_clay(coarse)}, "coarse"
        if detail is not None:
            full = "+ static and dynamic"
            shown["+ static detail"] = studio.as_clay(studio.displacer.raise_by(detail.static[0, 0].numpy(), coarse))
            shown[full] = studio.as_clay(studio.displacer.raise_by(detail.total[0, 0].numpy(), coarse))
            if detail.weight_compressed is not None and detail.weight_stretched is not None:
                weights = detail.weight_compressed[0, 0].numpy(), detail.weight_stretched[0, 0].numpy()
                shown["tension (red: compressed)"] = studio.in_tension(coarse, *weights)
        drawn = studio.drawn(list(shown.values()), View(reconstruction.coefficients.pose), self.tile)
        tiles = [Tile(caption, made.pixels) for caption, made in zip(shown, drawn, strict=True)]
        return [Tile(name, picture), Tile("overlay", drawn[list(shown).index(full)].over(picture, 0.7)), *tiles]

    def _played(self, expression: str, reconstruction: Reconstruction, views: dict[str, View]) -> dict[str, list[Tile]]:
        """One expression's tiles by what they show: the face from the front, coarse and detailed, and its close-ups."""
        coarse = self.studio.displacer.displace(_vertices(reconstruction))
        detailed = None
        if reconstruction.detail is not None:
            detailed = self.studio.displacer.raise_by(reconstruction.detail.total[0, 0].numpy(), coarse)
        meshes = {"coarse": coarse} | ({} if detailed is None else {"detailed": detailed})
        tiles = {FACE: self._tiles({f"{expression}, {kind}": mesh for kind, mesh in meshes.items()}, views[FACE])}
        for place, expressions in CLOSE_UPS.items():
            if expression in expressions:
                first = {f"{place}, coarse": coarse} if expression == expressions[0] else {}
                tiles[place] = self._tiles(first | {f"{place}, {expression}": detailed or coarse}, views[place])
        return tiles

    def _tiles(self, meshes: Mapping[str, DetailedMesh], view: View) -> list[Tile]:
        drawn = self.studio.drawn([self.studio.as_clay(mesh) for mesh in meshes.values()], view, self.tile)
        return [Tile(caption, made.pixels) for caption, made in zip(meshes, drawn, strict=True)]

    @torch.no_grad()
    def _cast(self, reconstruction: Reconstruction) -> dict[str, Reconstruction]:
        """The same person neutral and in all of EXPRESSIONS. Paper: static detail stays, dynamic detail follows."""
        names = (NEUTRAL, *EXPRESSIONS)
        expressions = torch.from_numpy(np.stack([self.model.expression(**self._units(name)) for name in names]))
        person = reconstruction.coefficients[torch.zeros(len(names), dtype=torch.long)]
        played = self.reconstructor.decode(Encoded(replace(person, expression=expressions))).detach()
        return {name: played[number : number + 1] for number, name in enumerate(names)}

    def _units(self, name: str) -> dict[str, float]:
        known = {unit_base(unit) for unit in self.model.expression_names}
        return {unit: weight for unit, weight in EXPRESSIONS.get(name, {}).items() if unit in known}

    def _views(self, neutral: Reconstruction) -> dict[str, View]:
        """The face from the front, and the close-ups around landmarks of the neutral face."""
        landmarks = torch.from_numpy(self.model.keypoints68.on(_vertices(neutral)))
        front = View(Pose(torch.zeros(1, 3), middle_of_the_crop(landmarks)[None]))
        points = project(to_camera(landmarks[None], front.pose))[0].numpy()
        (brow_x, brow_y), (eye_x, eye_y) = points[17:27].mean(axis=0).tolist(), points[45].tolist()
        forehead = front.close_up(brow_x, brow_y - 0.28 * FOREHEAD, FOREHEAD)
        return {FACE: front, "forehead": forehead, "eye": front.close_up(eye_x, eye_y, EYE)}


@dataclass(frozen=True)
class SheetUnderWay:
    """A sheet whose pictures are being drawn: the face as it is seen, and what each expression shows."""

    title: str
    seen: Future[list[Tile]]
    played: list[Future[dict[str, list[Tile]]]]

    def finish(self, path: Path) -> list[Tile]:
        """Waits for the pictures, writes the page as PNG and returns its first row. Raises OutputError."""
        seen, played = self.seen.result(), [expression.result() for expression in self.played]
        rows = [[tile for place in places for tiles in played for tile in tiles.get(place, [])] for places in ((FACE,), CLOSE_UPS)]
        write_contact_sheet([seen, *rows], self.title, path)
        return seen


def _vertices(reconstruction: Reconstruction) -> Float32[np.ndarray, "v 3"]:
    found: Float32[np.ndarray, "v 3"] = reconstruction.shape.expressive[0].numpy()
    return found
