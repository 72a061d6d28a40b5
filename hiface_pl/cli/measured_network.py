"""What validate, test and predict measure: the network that a file holds, whatever parts the configuration names."""

import json
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from hiface_pl.errors import ConfigError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.loading import read_stored


class MeasuredNetwork:
    """A checkpoint's or weight file's network in the place of the one that a configuration describes."""

    def __init__(self, path: Path) -> None:
        """Raises CheckpointError for a file that holds none."""
        self.stored = read_stored(path)

    @property
    def record(self) -> ReconstructorRecord:
        """What the file says about its network."""
        return self.stored.record

    def parts(self) -> Namespace:
        """The reconstructor's part of the configuration, as the file has it. Raises CheckpointError."""
        parts: Namespace = self.stored.parts().reconstructor
        return parts

    def differences(self, configured: dict[str, Any]) -> str:
        """One line about parts that the configuration names otherwise, empty where there are none."""
        wanted = {name: _last(value) for name, value in _parts(configured).items()}
        others = [f"{_last(value)} as {name}" for name, value in self.record.parts().items() if wanted.get(name) != _last(value)]
        return f"measured as stored in {self.stored.path}, not as configured: {', '.join(others)}" if others else ""

    def fill(self, reconstructor: Reconstructor, image_size: int | None) -> None:
        """Puts the weights in. Raises CheckpointError unless they fit, ConfigError where the data's images have another size in pixels."""
        if image_size is not None and image_size != reconstructor.image_size:
            raise ConfigError(
                f"{self.stored.path} takes images of {reconstructor.image_size} px, the configured data has {image_size} px: "
                f"add --data.image_size {reconstructor.image_size} and name stores of that size"
            )
        self.stored.fill(reconstructor)


def _parts(configured: dict[str, Any]) -> dict[str, str]:
    return ReconstructorRecord(json.dumps(configured), "", "", "", "").parts()


def _last(class_path: str) -> str:
    return class_path.rpartition(".")[2]
