"""Scores of detail over many images: means a kind of image, and the files they are written to."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiface_pl.evaluation.detail.decoupling import Decoupling
from hiface_pl.evaluation.detail.picture_detail import PictureDetail
from hiface_pl.evaluation.detail.picture_errors import Error, Quantity
from hiface_pl.paths import replacing

KINDS = ("frontal", "expression", "side")
UNITS = {quantity: "deg" if "normals" in quantity else "mm" for quantity in Quantity}


@dataclass(frozen=True)
class DetailResults:
    """All images in their order, the decoupling scores, and what was measured on what."""

    pictures: tuple[PictureDetail, ...]
    decoupling: Decoupling
    settings: dict[str, str]

    @property
    def failures(self) -> tuple[PictureDetail, ...]:
        """Images without a face for the network, each with the reason."""
        return tuple(row for row in self.pictures if row.problem)

    def measured(self, kind: str) -> list[PictureDetail]:
        """Images of one kind that were measured."""
        return [row for row in self.pictures if row.kind == kind and not row.problem]

    def means(self, kind: str) -> dict[Quantity, Error]:
        """Means over the images of one kind that were measured; quantities that the network does not predict are absent."""
        rows = self.measured(kind)
        return {name: _mean([row.errors[name] for row in rows]) for name in Quantity if rows and name in rows[0].errors}

    def write(self, out: Path) -> list[Path]:
        """Writes detail.json and detail.csv; equal inputs give equal bytes. Raises OutputError."""
        written = {out / "detail.json": self._summary(), out / "detail.csv": self._table()}
        for path, text in written.items():
            with replacing(path) as temporary:
                temporary.write_text(text)
        return list(written)

    def _summary(self) -> str:
        content: dict[str, Any] = {"benchmark": "open-scans", **self.settings, "units": UNITS}
        for kind in KINDS:
            means = {name: error._asdict() for name, error in self.means(kind).items()}
            failed = sum(row.kind == kind for row in self.failures)
            content[kind] = {"images": len(self.measured(kind)), "failed": failed, "means": means}
        ratios = {"leak": self.decoupling.leak, "spread": self.decoupling.spread}
        content["decoupling"] = self.decoupling._asdict() | ratios
        content["failures"] = {row.image: row.problem for row in self.failures}
        return json.dumps(content, indent=2) + "\n"

    def _table(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = [f"{name}_{part}" for name in Quantity for part in Error._fields]
        writer.writerow(["image", "kind", "expression", *columns, "failure"])
        for row in self.pictures:
            errors = [row.errors.get(name) for name in Quantity]
            numbers = [number for error in errors for number in (error or ("",) * len(Error._fields))]
            writer.writerow([row.image, row.kind, row.expression, *numbers, row.problem])
        return text.getvalue()


def _mean(errors: list[Error]) -> Error:
    limits = [error.limit for error in errors if error.limit is not None]
    error, mean = (float(np.mean([getattr(row, name) for row in errors])) for name in ("error", "mean"))
    return Error(error, mean, float(np.mean(limits)) if limits else None)
