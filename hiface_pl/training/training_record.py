"""Where weights come from: how long they were trained, on what, by which code, and what they reach. It travels inside the weight file."""

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from hiface_pl.data.store import SampleStore
from hiface_pl.errors import ConfigError, StoreError
from hiface_pl.evaluation.table import read_scores
from hiface_pl.report.provenance import Provenance


@dataclass(frozen=True)
class TrainingRecord:
    """None is what nobody noted down. `samples_seen` counts repetitions, `distinct_images` does not; `commands` are command lines.

    `cpu_seconds` adds up all processes. `commit` and `date` are those of the export, unless told otherwise; `scores` are of held-out faces.
    """

    steps: int | None = None
    samples_seen: int | None = None
    distinct_images: int | None = None
    cpu_seconds: float | None = None
    wall_seconds: float | None = None
    machine: str | None = None
    seed: int | None = None
    commit: str | None = None
    date: str | None = None
    commands: tuple[str, ...] = ()
    scores: Mapping[str, Any] | None = None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"commands": list(self.commands)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingRecord":
        """The record in a weight file; what a newer version noted besides is left out."""
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        return cls(**kept | {"commands": tuple(kept.get("commands", ()))})


def record_of_run(checkpoint: Path, steps: int | None) -> TrainingRecord:
    """What a checkpoint's run folder tells: its config.yaml names seed, batches and the training store, as long as that is still there."""
    now = Provenance.now()
    record = TrainingRecord(steps=steps, commit=now.commit, date=now.date, machine=now.machine)
    config = _mapping(checkpoint.parent.parent / "config.yaml")
    if not config:
        return record
    seed, data = config.get("seed_everything"), (config.get("data") or {}).get("init_args") or {}
    batch = _global_batch(config.get("trainer") or {}, data)
    record = replace(record, seed=seed, samples_seen=batch * steps if batch and steps else None)
    try:
        meta = SampleStore(Path(data["train"])).meta
    except (KeyError, TypeError, StoreError):
        return record
    return replace(record, distinct_images=meta.count, commands=(meta.command,))


def with_facts(record: TrainingRecord, path: Path) -> TrainingRecord:
    """The record with what a YAML or JSON file says about any of its fields. Raises ConfigError for other keys and unreadable files."""
    facts = _mapping(path)
    if not facts:
        raise ConfigError(f"{path} is no YAML or JSON mapping of facts about a training, such as `cpu_seconds: 900`: name another file")
    names = [field.name for field in fields(TrainingRecord)]
    for name in facts:
        if name not in names:
            close = difflib.get_close_matches(str(name), names, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
            raise ConfigError(f"{path} tells {name}, which is no fact of a training record ({hint})")
    return TrainingRecord.from_dict(record.as_dict() | facts)


def with_scores(record: TrainingRecord, path: Path) -> TrainingRecord:
    """The record with the scores that `hiface-pl test` wrote. Raises EvaluationError for any other file."""
    scores = read_scores(path)
    results = {name: {"unit": v.unit, "error": _short(v.error), "mean_face": _short(v.baseline)} for name, v in scores.measured.items()}
    for name, value in scores.measured.items():
        results[name]["skill"] = _short(value.skill)
    determined = {name: None if value is None else _short(value) for name, value in scores.determined.items()}
    return replace(record, scores={"samples": scores.samples, "results": results, **determined})


def _short(number: float) -> float | None:
    return float(f"{number:.5g}") if math.isfinite(number) else None


def _global_batch(trainer: Mapping[str, Any], data: Mapping[str, Any]) -> int | None:
    parts = [data.get("batch_size"), trainer.get("devices", 1), trainer.get("num_nodes", 1), trainer.get("accumulate_grad_batches") or 1]
    return math.prod(parts) if all(isinstance(part, int) and part > 0 for part in parts) else None


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return json.loads(json.dumps(content, default=str)) if isinstance(content, dict) else {}
