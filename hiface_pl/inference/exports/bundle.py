"""Everything that one reconstructed face leaves on disk besides pictures."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hiface_pl.data.crop import Crop
from hiface_pl.details.displacement import DetailedMesh, Displacer
from hiface_pl.details.normal_map import NormalMapper
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.subdivision import export_levels
from hiface_pl.inference.exports.coefficients import write_coefficients
from hiface_pl.inference.exports.glb import GlbWriter
from hiface_pl.inference.exports.maps import write_maps
from hiface_pl.inference.exports.materials import SkinTextures, albedo_texture
from hiface_pl.inference.exports.obj import ObjWriter
from hiface_pl.paths import writable_folder
from hiface_pl.types import Reconstruction


@dataclass(frozen=True)
class Level:
    """Meshes of one level of subdivision and their files; what depends on the face model only is made once."""

    displacer: Displacer
    obj: ObjWriter
    glb: GlbWriter

    @classmethod
    def of(cls, model: FaceModel, levels: int) -> "Level":
        """A face model's own mesh (0) or its subdivisions."""
        displacer = Displacer.of(model, levels)
        return cls(displacer, ObjWriter(displacer.topology), GlbWriter(displacer.topology))

    def write(self, mesh: DetailedMesh, textures: SkinTextures, path: Path) -> list[Path]:
        """Writes a mesh as PATH.obj and PATH.glb. Raises OutputError."""
        return [*self.obj.write(mesh, textures, path.with_suffix(".obj")), self.glb.write(mesh, textures, path.with_suffix(".glb"))]


class FaceExporter:
    """Writes faces of one face model: what depends on the model only is made once, when the first mesh is asked for."""

    def __init__(self, assets: FaceAssets) -> None:
        self.assets = assets

    @cached_property
    def coarse(self) -> Level:
        """The mesh as it is."""
        return Level.of(self.assets.model, 0)

    @cached_property
    def fine(self) -> Level:
        """The subdivided mesh."""
        return Level.of(self.assets.model, export_levels(self.assets.model))

    @cached_property
    def normal_map(self) -> NormalMapper:
        """Displacement maps as the normal maps that coarse meshes carry."""
        return NormalMapper(self.assets.atlas, self.assets.model)

    def write_numbers(self, reconstruction: Reconstruction, crop: Crop, folder: Path) -> list[Path]:
        """Writes coefficients and maps of a batch of one; `crop` is what the network looked at. Raises OutputError."""
        written = write_coefficients(reconstruction.coefficients, crop, self.assets.model, writable_folder(folder))
        return written if reconstruction.detail is None else [*written, *write_maps(reconstruction.detail, folder)]

    def write_meshes(self, reconstruction: Reconstruction, folder: Path) -> list[Path]:
        """Writes coarse and detailed OBJ and GLB of a batch of one, detailed ones with the detail as geometry. Raises OutputError."""
        coarse, shaded = self.coarse_mesh(reconstruction)
        written = self.coarse.write(coarse, shaded, writable_folder(folder) / "coarse")
        if reconstruction.detail is not None:
            total = reconstruction.detail.total[0, 0].numpy()
            detailed = self.fine.displacer.displace(reconstruction.shape.expressive[0].numpy(), total)
            written += self.fine.write(detailed, SkinTextures(shaded.albedo), folder / "detailed")
        return written

    def coarse_mesh(self, reconstruction: Reconstruction) -> tuple[DetailedMesh, SkinTextures]:
        """The coarse mesh of a batch of one; it carries the detail as a normal map."""
        vertices = reconstruction.shape.expressive[0].numpy()
        albedo = albedo_texture(self.assets.albedo, reconstruction.coefficients.albedo[0].numpy())
        detail = reconstruction.detail
        relief = None if detail is None else self.normal_map(vertices, detail.total[0, 0].numpy())
        return self.coarse.displacer.displace(vertices), SkinTextures(albedo, relief)
