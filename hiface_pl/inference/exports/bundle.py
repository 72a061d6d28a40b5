"""Everything that one reconstructed face leaves on disk besides pictures."""

from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.details.displacement import DetailedMesh, Displacer
from hiface_pl.details.normal_map import tangent_normal_map
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.subdivision import export_levels
from hiface_pl.inference.exports.coefficients import write_coefficients
from hiface_pl.inference.exports.glb import write_glb
from hiface_pl.inference.exports.maps import write_maps
from hiface_pl.inference.exports.materials import SkinTextures, albedo_texture
from hiface_pl.inference.exports.obj import write_obj
from hiface_pl.paths import writable_folder
from hiface_pl.types import Reconstruction


class FaceExporter:
    """Writes faces of one face model: what depends on the model only is made once, when the first mesh is asked for."""

    def __init__(self, assets: FaceAssets) -> None:
        self.assets = assets

    @cached_property
    def coarse(self) -> Displacer:
        """The mesh as it is."""
        return Displacer.of(self.assets.model, 0)

    @cached_property
    def fine(self) -> Displacer:
        """The subdivided mesh."""
        return Displacer.of(self.assets.model, export_levels(self.assets.model))

    def write(self, reconstruction: Reconstruction, crop: Crop, folder: Path, meshes: bool = True) -> list[Path]:
        """Writes coefficients and maps of a batch of one, and with `meshes` coarse and detailed OBJ and GLB; returns the paths.

        `crop` is what the network looked at. Raises OutputError.
        """
        writable_folder(folder)
        written = write_coefficients(reconstruction.coefficients, crop, self.assets.model, folder)
        if reconstruction.detail is not None:
            written += write_maps(reconstruction.detail, folder)
        return written + (self._write_meshes(reconstruction, folder) if meshes else [])

    def normal_map(self, vertices: Float32[np.ndarray, "v 3"], total: Float32[np.ndarray, "r r"]) -> UInt8[np.ndarray, "r r 3"]:
        """A displacement map (mm) on a coarse face as the normal map that its coarse mesh carries."""
        return tangent_normal_map(self.assets.atlas, self.assets.model, vertices, total)

    def coarse_mesh(self, reconstruction: Reconstruction) -> tuple[DetailedMesh, SkinTextures]:
        """The coarse mesh of a batch of one; it carries the detail as a normal map."""
        vertices = reconstruction.shape.expressive[0].numpy()
        albedo = albedo_texture(self.assets.albedo, reconstruction.coefficients.albedo[0].numpy())
        detail = reconstruction.detail
        relief = None if detail is None else self.normal_map(vertices, detail.total[0, 0].numpy())
        return self.coarse.displace(vertices), SkinTextures(albedo, relief)

    def _write_meshes(self, reconstruction: Reconstruction, folder: Path) -> list[Path]:
        """Detailed meshes have the detail as geometry."""
        coarse, shaded = self.coarse_mesh(reconstruction)
        written = [*write_obj(coarse, shaded, folder / "coarse.obj"), write_glb(coarse, shaded, folder / "coarse.glb")]
        if reconstruction.detail is not None:
            total = reconstruction.detail.total[0, 0].numpy()
            detailed, plain = self.fine.displace(reconstruction.shape.expressive[0].numpy(), total), SkinTextures(shaded.albedo)
            written += [*write_obj(detailed, plain, folder / "detailed.obj"), write_glb(detailed, plain, folder / "detailed.glb")]
        return written
