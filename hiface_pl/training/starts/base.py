"""The start interface: weights that a training takes over before its first step."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.errors import CheckpointError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.loading import read_stored
from hiface_pl.training.part_weights import copy_part


@dataclass(frozen=True)
class Part:
    """`source` of the stored network goes into `target` of the new one: attribute paths in a reconstructor, such as `encoder`."""

    source: str
    target: str


@dataclass(frozen=True)
class StartingPoint:
    """A start that was found: the file and what to take from it."""

    path: Path
    parts: tuple[Part, ...]

    def fill(self, network: Reconstructor) -> None:
        """Copies the parts. Raises CheckpointError where one does not fit or belongs to another face model, ConfigError for odd targets."""
        stored = read_stored(self.path)
        model, record = network.assets.model, stored.record
        if record.fingerprint != model.fingerprint:
            raise CheckpointError(
                f"{self.path} belongs to the face model {record.face_model} ({record.fingerprint}), the configuration names {model.name} "
                f"({model.fingerprint}): name the same face model, or another init_from"
            )
        for part in self.parts:
            copy_part(stored, part.source, network, part.target)


class Start(ABC):
    """Finds weights and says which parts a training takes from them. A resumed training takes its own checkpoint instead."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows that have to be trained first, in the same folder of runs."""
        return ()

    @property
    def told(self) -> str:
        """The start in a few words, for tables."""
        return f"{self.origin}: {', '.join(dict.fromkeys(part.source for part in self.parts))}"

    @property
    @abstractmethod
    def origin(self) -> str:
        """Whose weights they are, in a word or two."""

    @abstractmethod
    def path(self, runs: Path, scale: str) -> Path:
        """The file, for a run whose results go under `runs`. Raises CheckpointError, which names the command that makes it."""
