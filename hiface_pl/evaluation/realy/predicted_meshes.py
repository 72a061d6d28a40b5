"""What a network makes of one image, as meshes of its face model's templates: the expression is kept, the pose is not."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from hiface_pl.details.displacement import Displacer
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.named_template import DETAIL
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.face_models.subdivision import export_levels
from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.photo import read_photo
from hiface_pl.inference.reconstruct import reconstruct_photo
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.types import Reconstruction


@dataclass(frozen=True)
class FaceMeshes:
    """S(beta, xi), and S(beta, xi) + D along its normals (None for networks without detail): mm in the model frame."""

    coarse: TriangleMesh
    detailed: TriangleMesh | None


class MeshPredictor:
    """One network with the templates of its two kinds of meshes; photos are cropped as in `hiface-pl reconstruct`."""

    def __init__(self, reconstructor: Reconstructor, detector: FaceDetector) -> None:
        self.reconstructor = reconstructor.eval()
        self.detector = detector
        self.model = reconstructor.assets.model

    @cached_property
    def coarse(self) -> Template:
        """The face model's own mesh."""
        return model_template(self.model, self.model.name)

    @cached_property
    def detailed(self) -> Template:
        """The mesh of detailed exports."""
        return model_template(self.model, self.model.name + DETAIL, export_levels(self.model))

    @cached_property
    def has_detail(self) -> bool:
        """Whether the network makes displacement maps."""
        size, device = self.reconstructor.image_size, next(self.reconstructor.parameters()).device
        with torch.no_grad():
            return self.reconstructor(torch.zeros(1, 3, size, size, device=device)).detail is not None

    def predict(self, image: Path) -> FaceMeshes:
        """The meshes of the face in an image file. Raises PhotoError where it shows none to detector or network."""
        return self.meshes(reconstruct_photo(read_photo(image), self.detector, self.reconstructor).reconstruction)

    def meshes(self, face: Reconstruction) -> FaceMeshes:
        """The meshes of one reconstruction (a batch of one)."""
        vertices = face.shape.expressive[0].numpy()
        coarse = TriangleMesh(vertices.astype(np.float64), self.coarse.triangles)
        if face.detail is None:
            return FaceMeshes(coarse, None)
        fine = self._displacer.displace(vertices, face.detail.total[0, 0].numpy())
        return FaceMeshes(coarse, TriangleMesh(fine.vertices.astype(np.float64), self.detailed.triangles))

    @cached_property
    def _displacer(self) -> Displacer:
        return Displacer.of(self.model, export_levels(self.model))
