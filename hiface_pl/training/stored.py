"""A reconstructor as it lies in a file, and how it becomes a network again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser, Namespace
from torch import Tensor

from hiface_pl.encoders.weights import checkpoint_follows
from hiface_pl.errors import CheckpointError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import ReconstructorRecord, first_line
from hiface_pl.training.probe import Probe, farthest

TOLERANCE = 5e-3
"""How far a probe's numbers may be from those in the file, in parts of the largest of their kind. Measured: another number of threads
moves them by up to 2e-3 where wrinkles are solved for, a factor of 1.01 inside the encoder by 1e-2."""


@dataclass(frozen=True)
class StoredReconstructor:
    """What a file holds: the weights by name, how their network is built, what it answered to the probe when the file was written.

    `probe` is empty in training checkpoints. `step` counts the optimiser's steps, `training` is plain JSON about where the weights come
    from.
    """

    path: Path
    record: ReconstructorRecord
    weights: Mapping[str, Tensor]
    probe: Probe = field(default_factory=dict)
    step: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    def network(self) -> Reconstructor:
        """The network in evaluation mode on the CPU, from nothing but the file and its face model.

        Raises CheckpointError where the weights do not fit, the face model has changed since, or the network computes something else than
        it did; FaceModelError or AssetError where the face model cannot be had.
        """
        reconstructor = self.built()
        self.fill(reconstructor)
        return reconstructor

    def built(self) -> Reconstructor:
        """The network as `parts` say, without its weights."""
        with checkpoint_follows():
            return _build(self.parts(), self.path)

    def parts(self) -> Namespace:
        """The reconstructor's configuration. Raises CheckpointError.

        Only subclasses of the interfaces that constructors name get through: the parser checks every class against its annotation.
        """
        try:
            return _parser().parse_object({"reconstructor": json.loads(self.record.config)}, defaults=False)
        except ArgumentError as error:
            raise CheckpointError(
                f"{self.path} names parts that cannot be built here ({_last_line(error)}): install what defines them"
            ) from error

    def fill(self, reconstructor: Reconstructor) -> None:
        """Puts the weights into a network that was built as `parts` say, and checks it. Raises CheckpointError unless every weight fits."""
        self._require_face_model(reconstructor)
        try:
            reconstructor.load_state_dict(self.weights)
        except RuntimeError as error:
            raise CheckpointError(
                f"the weights in {self.path} do not fit the network ({first_line(error)}): train it again with this version"
            ) from error
        reconstructor.eval()
        self._require_probe(reconstructor)

    def _require_face_model(self, reconstructor: Reconstructor) -> None:
        model, record = reconstructor.assets.model, self.record
        if model.fingerprint != record.fingerprint:
            raise CheckpointError(
                f"{self.path} belongs to the face model {record.face_model} ({record.fingerprint}), what is found under its name is now "
                f"{model.fingerprint}: bring the face model that it was trained with, or train anew"
            )

    def _require_probe(self, reconstructor: Reconstructor) -> None:
        """Raises CheckpointError where the code around the weights has changed its meaning since the file was written."""
        if not self.probe:
            return
        name, distance = farthest(reconstructor, self.probe)
        if not distance <= TOLERANCE:
            raise CheckpointError(
                f"{self.path} was written by hiface-pl {self.record.package}, and this version computes something else from its weights "
                f"({name} is off by {100 * distance:.2g} %): use that version, or a file that was made with this one"
            )


def _build(parts: Namespace, path: Path) -> Reconstructor:
    built = _parser().instantiate(parts).reconstructor
    if not isinstance(built, Reconstructor):
        raise CheckpointError(f"{path} describes a {type(built).__name__}, not a reconstructor: use a file that `hiface-pl` wrote")
    return built


@cache
def _parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Reconstructor, "reconstructor")
    return parser


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
