"""The open face model that ships with the package: made from CC0 data, free for any use."""

from importlib.resources import as_file, files

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.model_file import load_face_model
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.face_models.subdivision import subdivide

FILE = "open_face.npz"


class OpenFace(FaceModelSource):
    """80 identity modes, 51 expression units, skin, mouth, eyeballs and teeth; 3.8k vertices, 15k after one subdivision. Our choice."""

    def __init__(self, subdivisions: int = 1) -> None:
        """`subdivisions` cuts every face into four that many times, 0 to 3."""
        if not 0 <= subdivisions <= 3:
            raise ConfigError(f"OpenFace takes 0 to 3 subdivisions, not {subdivisions}: 1 is what training expects")
        self.subdivisions = subdivisions

    def load(self) -> FaceModel:
        """The shipped file, subdivided: offline, in a fraction of a second."""
        with as_file(files("hiface_pl.face_models") / "data" / FILE) as path:
            return subdivide(load_face_model(path), self.subdivisions)
