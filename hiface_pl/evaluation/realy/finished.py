"""Results of single meshes, kept the moment they are there: a run that was stopped does not compute them again."""

import json
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.paths import replacing


@dataclass(frozen=True)
class Finished:
    """A folder with a small file a mesh. `key` stands for all bytes that a result depends on: with another key it is computed anew."""

    folder: Path

    def read(self, name: str, key: str) -> MeshErrors | None:
        """The mesh's result, None where there is none for this key."""
        try:
            kept = json.loads(self._path(name).read_text())
            if kept["key"] != key:
                return None
            errors = {Region(region): float(error) for region, error in kept["errors"].items()}
            return MeshErrors(errors, tuple(kept["deviations"]), kept["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, name: str, key: str, result: MeshErrors) -> None:
        """Keeps a result. Raises OutputError."""
        kept = {"key": key, "errors": result.errors, "deviations": result.deviations, "seconds": result.seconds}
        with replacing(self._path(name)) as temporary:
            temporary.write_text(json.dumps(kept, default=dict) + "\n")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
