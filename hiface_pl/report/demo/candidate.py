"""A trained network that the demo shows: where it lies, what it is called, what its training cost."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.loading import load_reconstructor, read_stored
from hiface_pl.training.training_record import TrainingRecord, record_of_run


@dataclass(frozen=True)
class Candidate:
    """`label` is short enough for a caption, `name` stands in headings, `folder` of the demo gets its results."""

    label: str
    name: str
    path: Path
    cost: str
    folder: str

    @classmethod
    def of_file(cls, label: str, name: str, path: Path) -> "Candidate":
        """A network that was trained elsewhere, with what its file tells. Raises CheckpointError for other files."""
        stored = read_stored(path)
        record = TrainingRecord.from_dict(stored.training) if stored.training else record_of_run(path, stored.step)
        return cls(label, name, path, cost_of(record), label)

    def network(self) -> Reconstructor:
        """The network, loaded once."""
        return _network(self.path, self.path.stat().st_mtime_ns)


def cost_of(record: TrainingRecord) -> str:
    """What a training saw and took, as far as it is known: one line."""
    facts = [f"trained on {record.distinct_images:,} faces" if record.distinct_images else "trained on an unknown number of faces"]
    facts += [f"in {record.steps:,} steps"] if record.steps else []
    facts += [f"({record.cpu_seconds:,.0f} CPU-s)"] if record.cpu_seconds else []
    return " ".join(facts)


@cache
def _network(path: Path, _changed: int) -> Reconstructor:
    return load_reconstructor(path)
