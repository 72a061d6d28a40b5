"""Pictures and meshes of a few validation faces while a network learns."""

from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.utilities.seed import isolate_rng
from PIL import Image
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.paths import replacing
from hiface_pl.report.face_panel import TILE, PanelMaker
from hiface_pl.report.tiles import contact_sheet
from hiface_pl.training.offline_wandb import OfflineWandb
from hiface_pl.types import FaceBatch, Reconstruction

FOLDER = "faces"


class FacePanels(lightning.Callback):
    """Draws the first `faces` samples of the validation (of the test in `hiface-pl test`), the same ones every time.

    After every `every`-th validation a sheet is written to RUN/faces/step-N.png, and shown in W&B where that is a logger, with the first
    `meshes` of the faces in 3D, coarse and detailed. Sample 0 of the store comes first: runs on one store show the same faces. The first
    process draws alone, with the weights that are validated; random generators are left as they were.
    """

    def __init__(self, faces: int = 4, every: int = 1, meshes: int = 1, tile: int = TILE) -> None:
        self.faces, self.every, self.meshes, self.tile = faces, every, meshes, tile
        self.validations = 0
        self._batch: FaceBatch | None = None
        self._maker: PanelMaker | None = None

    @override
    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        """Raises ConfigError for numbers that make no sense."""
        if min(self.faces, self.every, self.tile) < 1 or self.meshes < 0:
            raise ConfigError("FacePanels: faces, every and tile are positive numbers, meshes is 0 or more: leave it out for no pictures")

    @override
    def on_validation_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._keep(trainer, batch, batch_idx)

    @override
    def on_test_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._keep(trainer, batch, batch_idx)

    @override
    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.sanity_checking:
            return
        self.validations += 1
        if self.validations % self.every == 0 or trainer.state.fn != "fit":
            self._show(trainer, pl_module)

    @override
    def on_test_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._show(trainer, pl_module)

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"validations": self.validations}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.validations = int(state_dict["validations"])

    def _keep(self, trainer: lightning.Trainer, batch: FaceBatch, number: int) -> None:
        if number == 0 and trainer.is_global_zero:
            self._batch = batch[: self.faces]

    def _show(self, trainer: lightning.Trainer, module: Any) -> None:
        if self._batch is None:
            return
        with isolate_rng():
            found: Reconstruction = module.reconstructor(self._batch.image)
            self._maker = self._maker or PanelMaker(module.reconstructor, self.tile)
            self._write(trainer, self._maker, self._batch.to("cpu"), found.detach().to("cpu"))
        self._batch = None

    def _write(self, trainer: lightning.Trainer, maker: PanelMaker, batch: FaceBatch, found: Reconstruction) -> None:
        step = trainer.global_step
        path = Path(trainer.default_root_dir) / FOLDER / f"step-{step:06d}.png"
        with replacing(path) as temporary:
            Image.fromarray(contact_sheet(maker.lines(batch, found), f"step {step}")).save(temporary, compress_level=4)
        for logger in trainer.loggers:
            if isinstance(logger, OfflineWandb):
                logger.log_image("faces", [str(path)], step)
                logger.log_meshes(maker.write_meshes(batch[: self.meshes], found, path.parent), step)
