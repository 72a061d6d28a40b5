"""fit, validate, test and predict: Lightning's command line, with configurations that compose and errors of one sentence."""

import argparse
import json
import logging
import os
import signal
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import lightning
from jsonargparse import ArgumentParser, Namespace
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.utilities.exceptions import SIGTERMException
from rich.console import Console
from typing_extensions import override

from hiface_pl.cli.composition import Composition, compose
from hiface_pl.cli.config_errors import explained, own_errors, require_known_keys
from hiface_pl.cli.devices import require_devices
from hiface_pl.cli.measured_network import MeasuredNetwork
from hiface_pl.cli.run_attributes import changed_from_base, run_attributes
from hiface_pl.cli.run_folder import checkpoint_to_go_on_from, new_run_folder, point_loggers_to
from hiface_pl.cli.start_of_run import starting_point
from hiface_pl.cli.suite_arguments import add_suite_arguments
from hiface_pl.cli.training_verbs import FULL_HELP
from hiface_pl.data.resumable import ResumableData
from hiface_pl.encoders.weights import checkpoint_follows
from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.evaluation.realy.scan_scores import ScanScores
from hiface_pl.evaluation.table import score_table, write_scores
from hiface_pl.launch import RUN_FOLDER, Launch
from hiface_pl.paths import replacing
from hiface_pl.report.provenance import Provenance
from hiface_pl.training.best_and_last import BestAndLast, Saving
from hiface_pl.training.checkpoint import ReconstructorRecord, read_checkpoint, record_of, require_same
from hiface_pl.training.checkpoint_io import WholeFiles
from hiface_pl.training.distributed import take_the_place_of_ddp
from hiface_pl.training.exact_resume import ExactResume
from hiface_pl.training.interruption import SIGNALS, StopOnSignal
from hiface_pl.training.lost_processes import explained_workers
from hiface_pl.training.module import HiFaceModule
from hiface_pl.training.offline_wandb import OfflineWandb
from hiface_pl.training.predictions import FILE, CoefficientWriter
from hiface_pl.training.progress import progress_for_output
from hiface_pl.training.rendezvous import Agreement
from hiface_pl.training.starts.base import StartingPoint
from hiface_pl.training.weight_file import is_weight_file

KNOWN_WARNINGS = (
    ".*does not have many workers.*",
    ".*The number of training batches.*",
    ".*treespec.*",
    ".*isinstance.*LeafSpec.*",
    "Experiment logs directory.*",
    "Be aware that when using `ckpt_path`.*",
    "LightningCLI's args parameter.*",
)
"""What Lightning says on every start of this command line and nobody can act upon."""
NO_SCANS = (
    "not measured against scans: make a set with `hiface-pl data open-scans --subjects 100 --out DIR` and add `--scans OpenScans "
    "--scans.folder DIR`"
)


def run_verb(verb: str, arguments: list[str]) -> int:
    """Runs one verb of the trainer. Raises HifaceError."""
    composition = compose(["--help" if argument == FULL_HELP else argument for argument in arguments])
    _quiet()
    handlers = {signum: signal.getsignal(signum) for signum in SIGNALS}
    try:
        SuiteCLI(verb, composition)
    except SIGTERMException:
        sys.stderr.write("hiface-pl: stopped by SIGTERM before a checkpoint could be written\n")
        return 143
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):
            raise stop.__context__ from stop
        return int(stop.code or 0)
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
    return 0


class SuiteCLI(LightningCLI):
    """LightningCLI without its traps: nothing is read from checkpoints but weights, and every run has its own folder."""

    def __init__(self, verb: str, composition: Composition) -> None:
        self.verb = verb
        self.composition = composition
        self.folder = Path()
        self.launch = Launch.current()
        self.agreement: Agreement | None = None
        self.measured: MeasuredNetwork | None = None
        self.start: StartingPoint | None = None
        self.told: str = ""
        take_the_place_of_ddp()
        silent = {"exit_on_error": False, "allow_abbrev": False}
        super().__init__(
            HiFaceModule,
            lightning.LightningDataModule,
            subclass_mode_data=True,
            save_config_callback=None,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
            parser_kwargs=silent | {name: dict(silent) for name in self.subcommands()},
            args=[verb, "--config", json.dumps(composition.content), *composition.flags],
        )

    @override
    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        add_suite_arguments(parser)

    @override
    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        known = self._subcommand_parsers[self.verb]
        require_known_keys(self.composition.content, known)
        try:
            super().parse_arguments(parser, args)
        except argparse.ArgumentError as error:
            raise explained(error, known) from error

    @override
    def _parse_ckpt_path(self) -> None:
        """Hyperparameters come from the configuration alone."""

    @override
    def before_instantiate_classes(self) -> None:
        config = self._config()
        require_devices(config.trainer, config.data.get("init_args", {}).get("batch_size"), self.launch)
        path = checkpoint_to_go_on_from(config.get("ckpt_path"), config.runs, config.name, self.verb)
        if self.verb != "fit":
            self._measure(path)
        elif path is not None:
            require_trainable(path)
            config.ckpt_path = str(path)
        else:
            self.start = starting_point(config)

    def _measure(self, path: Path | None) -> None:
        """Takes the network from the file: weights make sense in their own network only, and the trainer has nothing to restore."""
        if path is None:
            raise CheckpointError(f"{self.verb} needs trained weights: add `--ckpt_path CHECKPOINT`, or train some with `hiface-pl fit`")
        self.measured = MeasuredNetwork(path)
        self.told = self.measured.differences(self._configured())
        config = self._config()
        config.model.reconstructor, config.ckpt_path = self.measured.parts(), None

    @override
    def instantiate_classes(self) -> None:
        """Data first, since a missing store should be told before a network is built; then the rest, into this run's folder."""
        config = self._config().clone()
        config.pop("init_from")
        self.datamodule = _data(config.pop("data"))
        self.datamodule.setup(self.verb)
        self.folder = self._new_folder(config.runs, config.name)
        self._save_config()
        config.trainer.logger = point_loggers_to(config.trainer.logger, self.folder, run_attributes(config, self.verb))
        config.trainer.default_root_dir = str(self.folder)
        with own_errors(), checkpoint_follows() if config.get("ckpt_path") or self.measured else nullcontext():
            self.config_init = Namespace({self.verb: self._parser(self.verb).instantiate(config), "subcommand": self.verb})
        self.model = self._get(self.config_init, "model")
        self._describe_model()
        self.trainer = self.instantiate_trainer()
        for logger in self._wandb():
            logger.log_hyperparams({"changed": changed_from_base(self._dumped())})

    @override
    def _instantiate_trainer(self, config: Any, callbacks: list[lightning.Callback]) -> lightning.Trainer:
        if isinstance(self.datamodule, ResumableData):
            config["use_distributed_sampler"] = False  # it shares its samples itself, so that the order can go on anywhere
        given = config["plugins"]
        config["plugins"] = [*(given if isinstance(given, list) else [given] if given else []), WholeFiles()]
        try:
            return super()._instantiate_trainer(config, [*callbacks, *self._callbacks(config)])
        except MisconfigurationException as error:
            raise ConfigError(f"the trainer cannot be set up: {' '.join(str(error).split())}") from error

    @override
    def _run_subcommand(self, subcommand: str) -> None:
        with explained_workers():
            super()._run_subcommand(subcommand)

    @override
    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        prepared = super()._prepare_subcommand_kwargs(subcommand)
        return prepared | {"predict": {"return_predictions": False}, "fit": {}}.get(subcommand, {"verbose": False})

    def after_fit(self) -> None:
        """Tells where the checkpoints are."""
        checkpoints = self.trainer.checkpoint_callback
        if isinstance(checkpoints, BestAndLast) and checkpoints.saved_step < 0:
            self._say(f"nothing to train: {self._config().ckpt_path} is at the end already; raise trainer.max_steps or trainer.max_epochs")
        elif isinstance(checkpoints, BestAndLast):
            self._say(f"best checkpoint: {checkpoints.best_model_path or 'none, since nothing was validated'}")
            self._say(f"last checkpoint: {checkpoints.last}")
        self._say(f"results of this run: {self.folder}")

    def after_validate(self) -> None:
        """Prints the table of scores."""
        self._tell_scores()

    def after_test(self) -> None:
        """Prints the table of scores and writes it."""
        self._tell_scores()

    def after_predict(self) -> None:
        """Tells where the coefficients are."""
        self._say(f"coefficients: {self.folder / FILE}")

    def _tell_scores(self) -> None:
        if self.model.scores is None or not self.trainer.is_global_zero:
            return
        self._say(self.told)
        Console().print(score_table(self.model.scores))
        scans = self._tell_scans()
        beside = {} if scans is None else {"open_scans": scans.content()}
        write_scores(self.model.scores, self.folder / "scores.json", Provenance.now(self._config().seed_everything), beside)
        self._say(f"results: {self.folder / 'scores.json'}")
        for logger in self._wandb():
            logger.log_results(self.model.scores, {} if scans is None else scans.floats())

    def _tell_scans(self) -> ScanScores | None:
        """Prints what was measured on open-scans, and returns it."""
        measuring = self._get(self.config_init, "scans")
        if measuring is None or measuring.scores is None:
            self._say(NO_SCANS)
            return None
        scores: ScanScores = measuring.scores
        table = scores.table()
        if table is not None:
            Console().print(table)
        self._say(scores.told_failures())
        return scores

    def _callbacks(self, config: Any) -> list[lightning.Callback]:
        scans = self._get(self.config_init, "scans")
        own: list[lightning.Callback] = [] if scans is None else [scans]
        if config["enable_progress_bar"] is not False:
            own.append(progress_for_output())
        if self.verb == "fit":
            own.append(ExactResume())
            own.append(StopOnSignal(self.folder / "checkpoints", f"hiface-pl fit --config {self.folder / 'config.yaml'}"))
        if self.verb == "fit" and config["enable_checkpointing"] is not False:
            own.append(BestAndLast(self.folder / "checkpoints", self._config().monitor, Saving(**self._config().saving)))
        if self.verb == "predict":
            own.append(CoefficientWriter(self.folder))
        return own

    def _describe_model(self) -> None:
        """Gives the model the record that its checkpoints will carry, and holds it against that of the checkpoint to be read."""
        if self.measured is not None:
            self.model.record = self.measured.record
            self.measured.fill(self.model.reconstructor, getattr(self.datamodule, "image_size", None))
            return
        self.model.record = ReconstructorRecord.of(self._configured(), self.model.reconstructor.assets.model)
        path = self._config().get("ckpt_path")
        if path:
            require_same(record_of(read_checkpoint(Path(path)), Path(path)), self.model.record, Path(path))
        elif self.start is not None:
            self.start.fill(self.model.reconstructor)

    def _configured(self) -> dict[str, Any]:
        """The reconstructor's part of the composed configuration as plain values."""
        part: dict[str, Any] = self._dumped()["model"]["reconstructor"]
        return part

    def _dumped(self) -> dict[str, Any]:
        """The composed configuration as plain values."""
        dumped: dict[str, Any] = json.loads(self.parser.dump(self.config, skip_unset=False, format="json"))[self.verb]
        return dumped

    def _wandb(self) -> list[OfflineWandb]:
        return [logger for logger in self.trainer.loggers if isinstance(logger, OfflineWandb)]

    def _new_folder(self, runs: Path, name: str) -> Path:
        """The run's folder, which the first process creates."""
        if not self.launch.starter or self.launch.world_size == 1:
            return new_run_folder(runs, name, self.verb)
        self.agreement = Agreement(self.launch, lambda: str(new_run_folder(runs, name, self.verb)))
        os.environ[RUN_FOLDER] = self.agreement.value
        return Path(self.agreement.value)

    def _save_config(self) -> None:
        """Writes the composed configuration, which can be given as the only `--config`."""
        if not self.launch.is_first:
            return
        with replacing(self.folder / "config.yaml") as temporary:
            saved = self._config().clone()
            saved.pop("ckpt_path", None)
            temporary.write_text(self._parser(self.verb).dump(saved, skip_unset=False, skip_validation=True))

    def _config(self) -> Namespace:
        return self.config[self.verb]

    def _say(self, text: str) -> None:
        if text and self.trainer.is_global_zero:
            sys.stdout.write(text + "\n")


def require_trainable(path: Path) -> None:
    """Raises CheckpointError unless a training can go on from this file."""
    if is_weight_file(path):
        raise CheckpointError(f"{path} holds weights alone, no training to go on with: name a checkpoint that `hiface-pl fit` wrote")
    record_of(read_checkpoint(path), path)


def _data(config: Namespace) -> lightning.LightningDataModule:
    parser = ArgumentParser()
    parser.add_subclass_arguments(lightning.LightningDataModule, "data")
    built: lightning.LightningDataModule = parser.instantiate(Namespace(data=config)).data
    return built


def _quiet() -> None:
    """Leaves out what Lightning says about machines and callbacks on every start; errors and other warnings stay."""
    for package in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(package).setLevel(logging.WARNING)
    for message in KNOWN_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
