from pathlib import Path

import pytest
import torch

from hiface_pl.encoders import kept_tensors as kept
from hiface_pl.encoders.kept_tensors import kept_tensors
from tests.tiny import tiny_assets


def test_tensors_are_made_once_for_a_model_and_its_bases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept, "derived_path", lambda _model, name: tmp_path / name)
    made = []

    def build() -> list[torch.Tensor]:
        made.append(1)
        return [torch.arange(6).view(2, 3), *(torch.full((1,), float(number)) for number in range(12))]

    first, again = (kept_tensors(tiny_assets(), "rows-1", build) for _ in range(2))
    assert len(made) == 1
    assert all(torch.equal(one, other) and one.dtype == other.dtype for one, other in zip(first, again, strict=True))
    assert [float(value) for value in again[1:]] == list(range(12))  # in their order
    kept_tensors(tiny_assets(), "rows-2", build)
    kept_tensors(tiny_assets(seed=1), "rows-1", build)
    assert len(made) == 3
