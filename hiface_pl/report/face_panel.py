"""A line of pictures a face, for people who watch a training: input, coarse, + static, + dynamic, albedo, error against the truth."""

from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8

from hiface_pl.evaluation.alignment import align_rigid
from hiface_pl.evaluation.realy.heat_maps import FULL, heat_colours
from hiface_pl.evaluation.truth import TotalTruth
from hiface_pl.inference.exports.bundle import FaceExporter
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.inference.sheet import SheetMaker
from hiface_pl.inference.sight import View
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.albedo import AlbedoMap
from hiface_pl.rendering.shading_curve import EXPONENT
from hiface_pl.rendering.studio import FLAT_LIGHT
from hiface_pl.report.tiles import Tile
from hiface_pl.types import FaceBatch, Labels, Reconstruction

TILE = 256
WORST = 5.0
"""Distance in mm that has the last colour: expressive synthetic faces err by one to three. Our choice."""
GREY = 170
"""Display value of the skin of meshes."""


class PanelMaker:
    """Draws faces of one reconstructor's face model; nothing here runs the network."""

    def __init__(self, reconstructor: Reconstructor, tile: int = TILE) -> None:
        """`tile` is the side of one picture in pixels."""
        self.assets = reconstructor.assets
        self.sheet = SheetMaker(reconstructor, tile)
        self.exporter = FaceExporter(self.assets)
        self.albedo, self.truth = AlbedoMap(), TotalTruth(self.assets)
        self.albedo.bind(self.assets)

    @torch.no_grad()
    def lines(self, batch: FaceBatch, found: Reconstruction) -> list[list[Tile]]:
        """One line a face of a batch and what was found in it, both on the CPU. Faces without true geometry have no picture of errors."""
        return [self._line(batch[number : number + 1], found[number : number + 1]) for number in range(len(batch.index))]

    def write_meshes(self, batch: FaceBatch, found: Reconstruction, folder: Path) -> dict[str, Path]:
        """Coarse and detailed meshes as GLB, by name: clay, the detail as a normal map, a megabyte each. Raises OutputError."""
        clay, written = np.full((4, 4, 3), GREY, dtype=np.uint8), {}
        for number, index in enumerate(batch.index.tolist()):
            vertices = found.shape.expressive[number].numpy()
            mesh, name = self.exporter.coarse.displacer.displace(vertices), f"face-{index}"
            written[f"{name}-coarse"] = self.exporter.coarse.glb.write(mesh, SkinTextures(clay), folder / f"{name}-coarse.glb")
            if found.detail is not None:
                relief = self.exporter.normal_map(vertices, found.detail.total[number, 0].numpy())
                written[f"{name}-detailed"] = self.exporter.coarse.glb.write(
                    mesh, SkinTextures(clay, relief), folder / f"{name}-detailed.glb"
                )
        return written

    def _line(self, batch: FaceBatch, found: Reconstruction) -> list[Tile]:
        photo = np.rint(255 * batch.image[0].permute(1, 2, 0).numpy()).astype(np.uint8)
        picture = np.asarray(cv2.resize(photo, (self.sheet.tile, self.sheet.tile), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        tiles = self.sheet.stages(picture, found, f"face {int(batch.index[0])}")
        tiles.append(Tile("albedo", self._painted(found, self._skin_colours(found))))
        if bool(batch.labels.has_geometry[0]):
            tiles.append(Tile(f"error, 0 to {WORST:.0f} mm", self._painted(found, self._error_colours(batch.labels, found))))
        return tiles

    def _painted(self, found: Reconstruction, colours: Float32[np.ndarray, "n 3"]) -> UInt8[np.ndarray, "s s 3"]:
        view = View(found.coefficients.pose, light=FLAT_LIGHT)
        return self.sheet.studio.painted(found.shape.expressive[0].numpy(), colours, view, self.sheet.tile)

    def _skin_colours(self, found: Reconstruction) -> Float32[np.ndarray, "n 3"]:
        """The albedo on skin, linear; eyes and mouth have their own colours."""
        studio = self.sheet.studio
        maps = self.albedo(found.coefficients.albedo)[0].numpy()
        colours = np.stack([studio.displacer.at_vertices(channel) for channel in maps], axis=1)
        skin = np.asarray(studio.displacer.texture_to_vertex.sum(axis=1)).reshape(-1, 1) > 0
        return np.where(skin, colours.clip(0, 1), studio.colours).astype(np.float32)

    def _error_colours(self, labels: Labels, found: Reconstruction) -> Float32[np.ndarray, "n 3"]:
        """Distances between corresponding vertices of the detailed meshes once the found face lies on the true one, over the face."""
        displacer = self.sheet.studio.displacer
        detail = self.truth(labels).total if labels.has_detail[0] and found.detail is not None else None
        shape = self.truth.shape(labels.coefficients)
        true = displacer.displace(shape.expressive[0].numpy(), None if detail is None else detail[0, 0].numpy())
        total = None if detail is None or found.detail is None else found.detail.total[0, 0].numpy()
        own = displacer.displace(found.shape.expressive[0].numpy(), total)
        face = (displacer.subdivision.positions @ self.assets.regions.face).astype(np.float32)
        aligned = align_rigid(torch.from_numpy(own.vertices)[None], torch.from_numpy(true.vertices)[None], torch.from_numpy(face))
        distances = np.linalg.norm(aligned[0].numpy() - true.vertices, axis=1).astype(np.float64)
        linear = heat_colours(distances * FULL / WORST) ** (1 / (1 + EXPONENT))
        share = face.clip(0, 1)[:, None]
        return (share * linear + (1 - share) * self.sheet.studio.colours).astype(np.float32)
