"""Where a face model comes from: the swappable part of a configuration that names one."""

from abc import ABC, abstractmethod

from hiface_pl.face_models.face_model import FaceModel


class FaceModelSource(ABC):
    """Brings one face model. A new model is one new subclass, named by `class_path`."""

    @abstractmethod
    def load(self) -> FaceModel:
        """The model at the level of detail that everything else uses. Raises AssetError or FaceModelError with the command to run."""
