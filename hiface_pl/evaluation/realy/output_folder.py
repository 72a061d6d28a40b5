"""The folder that an evaluation writes: it belongs to one benchmark, view, mode and template for good."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiface_pl.errors import OutputError
from hiface_pl.evaluation.bound_folder import differences, write_binding
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.finished import Finished
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.evaluation.realy.version import PROTOCOL
from hiface_pl.evaluation.realy.view import View
from hiface_pl.paths import writable_folder

SETTINGS = "settings.json"


def settings_of(benchmark: BenchmarkFolder, view: View, mode: Mode, template: Template) -> dict[str, Any]:
    """What all results of a folder have in common."""
    topology = hashlib.sha256(np.ascontiguousarray(template.triangles, "<i4").tobytes())
    if template.mask is not None:
        topology.update(template.mask.tobytes())
    return {
        "benchmark": benchmark.name,
        "protocol": PROTOCOL,
        "mode": str(mode),
        "view": str(view),
        "template": template.name,
        "topology": topology.hexdigest()[:16],
        "masked": template.mask is not None,
        "keypoints": template.keypoint_hash,
    }


@dataclass(frozen=True)
class OutputFolder:
    """Where results go. Files of results are named after the benchmark, so that nobody takes open-scans for REALY."""

    path: Path
    settings: dict[str, Any]

    @classmethod
    def open(cls, path: Path, settings: dict[str, Any]) -> "OutputFolder":
        """Makes the folder, or goes on in one of the same settings. Raises OutputError or EvaluationError."""
        folder = cls(writable_folder(path), settings)
        for key, before in differences(path / SETTINGS, settings).items():
            raise OutputError(f"{path} holds results of another {key} ({before}, not {settings[key]}): name another output folder")
        if folder.error_file.exists() and not (path / SETTINGS).exists():
            raise OutputError(f"{path} holds {folder.error_file.name} of another program: name another output folder")
        return folder

    def claim(self) -> None:
        """From now on the folder belongs to these settings. Raises OutputError."""
        write_binding(self.path / SETTINGS, self.settings)

    @property
    def error_file(self) -> Path:
        """In REALY's own layout."""
        return self.path / f"{self.settings['benchmark']}_error.txt"

    @property
    def finished(self) -> Finished:
        """Results of single meshes."""
        return Finished(self.path / "finished")

    @property
    def heat_maps(self) -> Path:
        """A folder a mesh."""
        return self.path / "heatmaps"
