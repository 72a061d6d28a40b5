"""A face model from a file: whatever `hiface-pl face-model build` or an adapter of the user's own wrote."""

from pathlib import Path

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.model_file import load_face_model
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.face_models.subdivision import subdivide


class FaceFile(FaceModelSource):
    """Reads one face model file."""

    def __init__(self, path: Path, subdivisions: int = 0) -> None:
        """`path` names the .npz file, `subdivisions` cuts every face into four that many times."""
        if not 0 <= subdivisions <= 3:
            raise ConfigError(f"FaceFile takes 0 to 3 subdivisions, not {subdivisions}")
        self.path = Path(path)
        self.subdivisions = subdivisions

    def load(self) -> FaceModel:
        """The file's model. Raises FaceModelError."""
        return subdivide(load_face_model(self.path), self.subdivisions)
