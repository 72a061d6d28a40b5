from pathlib import Path

import pytest
import yaml

from hiface_pl.data.store import SampleStore
from hiface_pl.training.training_record import TrainingRecord, record_of_run


class Meta:
    count, command = 600, "hiface-pl data synth --count 600"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    config = {
        "seed_everything": 3,
        "trainer": {"devices": 2, "accumulate_grad_batches": 4},
        "data": {"init_args": {"batch_size": 32, "train": "faces"}},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "checkpoints" / "last.ckpt"


def test_a_run_folder_tells_seed_batches_and_faces(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SampleStore, "__init__", lambda self, path: setattr(self, "meta", Meta))
    record = record_of_run(checkpoint, 10)
    assert (record.seed, record.samples_seen, record.distinct_images) == (3, 10 * 32 * 2 * 4, 600)
    assert record.commands == ("hiface-pl data synth --count 600",)
    assert record.cpu_seconds is None


def test_what_is_gone_stays_unknown(checkpoint: Path) -> None:
    assert record_of_run(checkpoint, 10).distinct_images is None
    alone = record_of_run(checkpoint.parent / "moved" / "elsewhere" / "last.ckpt", None)
    assert (alone.steps, alone.seed, alone.samples_seen) == (None, None, None)
    assert alone.date is not None


def test_a_record_comes_back_from_json() -> None:
    record = TrainingRecord(steps=3, commands=("a", "b"), note="x")
    assert TrainingRecord.from_dict(record.as_dict() | {"of a later version": 1}) == record
