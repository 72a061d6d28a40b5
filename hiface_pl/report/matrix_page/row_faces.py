"""What one row makes of the page's faces, small enough to be kept with its results: coefficients, and maps that no basis spans."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float32

from hiface_pl.errors import EvaluationError
from hiface_pl.paths import replacing
from hiface_pl.report.matrix_page.packing import deflated, inflated
from hiface_pl.report.matrix_page.tension_recipe import TensionRecipe

FILE = "faces.npz"
FORMAT = 1
STEP = 0.002
"""Displacements that are kept as maps are rounded to this, mm. Our choice: a fiftieth of a wrinkle."""

Values = Float32[np.ndarray, "f s n"]


@dataclass(frozen=True)
class Layer:
    """One kind of map of all faces and samples: `values` are coefficients of its basis, or with `spanned` False mm at the mask's texels."""

    values: Values
    spanned: bool


@dataclass(frozen=True)
class RowFaces:
    """`identity` and `expression` are those of a linear shape. `layers` have static (one sample a face), and either compressed and
    stretched (a sample for the own expression and one a preset), to be blended with `tension`, or dynamic (drivers.SAMPLES); there are
    none where the shape is coarse alone. `about` is plain JSON that ties the file to faces, face model, bases and row.
    """

    identity: Float32[np.ndarray, "f ki"]
    expression: Float32[np.ndarray, "f ke"]
    layers: Mapping[str, Layer]
    tension: TensionRecipe | None
    about: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Writes the file. Raises OutputError."""
        arrays: dict[str, np.ndarray] = {"identity": self.identity, "expression": self.expression}
        for name, layer in self.layers.items():
            content = layer.values if layer.spanned else np.frombuffer(deflated(layer.values, STEP), np.uint8)
            arrays[f"{'coefficients' if layer.spanned else 'maps'}_{name}"] = content
        shapes = {name: layer.values.shape for name, layer in self.layers.items()}
        head = {"format": FORMAT, "shapes": shapes, "tension": self.tension and asdict(self.tension), "about": dict(self.about)}
        arrays["head"] = np.frombuffer(json.dumps(head, default=str).encode(), np.uint8)
        with replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        return path

    @classmethod
    def read(cls, path: Path) -> "RowFaces":
        """Raises EvaluationError for a file of another kind or format."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            head = json.loads(bytes(arrays["head"]))
            if head["format"] != FORMAT:
                raise ValueError(f"format {head['format']}, not {FORMAT}")
            layers = {name: _layer(name, shape, arrays) for name, shape in head["shapes"].items()}
            tension = TensionRecipe(**head["tension"]) if head["tension"] else None
            return cls(arrays["identity"], arrays["expression"], layers, tension, head["about"])
        except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError) as error:
            raise EvaluationError(f"{path} cannot be read as faces of a row ({error}): remove it, it is made anew from the row") from error


def _layer(name: str, shape: list[int], arrays: Mapping[str, np.ndarray]) -> Layer:
    if f"coefficients_{name}" in arrays:
        return Layer(arrays[f"coefficients_{name}"], spanned=True)
    values = inflated(arrays[f"maps_{name}"].tobytes()) * np.float32(STEP)
    return Layer(values.reshape(shape).astype(np.float32), spanned=False)
