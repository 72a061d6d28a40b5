"""What `hiface-pl predict` leaves behind: the coefficients of every sample in one file."""

from pathlib import Path
from typing import Any

import lightning
import numpy as np
from torch import Tensor
from typing_extensions import override

from hiface_pl.paths import replacing
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction

FILE = "coefficients.npz"


class CoefficientWriter(lightning.Callback):
    """Collects index, coefficients and landmarks and writes `coefficients.npz` into `folder` when the pass is over.

    With several processes each writes its own share, `coefficients-RANK.npz`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, np.ndarray]] = []

    @override
    def on_predict_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self.rows.append(arrays_of(outputs, batch))

    @override
    def on_predict_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        name = FILE if trainer.world_size == 1 else f"coefficients-{trainer.global_rank}.npz"
        joined = {key: np.concatenate([row[key] for row in self.rows]) for key in (self.rows[0] if self.rows else {})}
        with replacing(self.folder / name) as temporary:
            np.savez(temporary, **joined)  # type: ignore[arg-type]


def arrays_of(reconstruction: Reconstruction, batch: FaceBatch) -> dict[str, np.ndarray]:
    """One batch as arrays, samples first; pose in radians and millimetres, landmarks in image widths."""
    known: Coefficients = reconstruction.coefficients
    tensors: dict[str, Tensor] = {
        "index": batch.index,
        "identity": known.identity,
        "expression": known.expression,
        "static": known.static,
        "albedo": known.albedo,
        "lighting": known.lighting,
        "rotation": known.pose.rotation,
        "translation": known.pose.translation,
        "landmarks": reconstruction.landmarks,
    }
    return {name: value.detach().cpu().numpy() for name, value in tensors.items()}
