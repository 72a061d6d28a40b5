"""Face models as a command line names them."""

from importlib import import_module
from pathlib import Path

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_file import FaceFile
from hiface_pl.face_models.ict_face import IctFace
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.source import FaceModelSource

SHIPPED = "open"


def named_source(name: str) -> FaceModelSource:
    """`open`, a face model file (.npz), a clone of ICT-FaceKit (a folder), or the class path of a source. Raises ConfigError."""
    if name == SHIPPED:
        return OpenFace()
    if name.endswith(".npz"):
        return FaceFile(Path(name))
    if Path(name).is_dir():
        return IctFace(Path(name))
    module, _, class_name = name.rpartition(".")
    try:
        source = getattr(import_module(module), class_name)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{name} is no face model, neither {SHIPPED}, nor a .npz file, a clone of ICT-FaceKit or a class that can be made ({error})"
        ) from error
    if not isinstance(source, FaceModelSource):
        raise ConfigError(
            f"{name} is not a FaceModelSource: give `{SHIPPED}`, a .npz file, a clone of ICT-FaceKit or the class path of a source"
        )
    return source
