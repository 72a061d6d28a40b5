"""Whether two checkpoints hold the same, bit for bit."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

PLACES = {"best_model_path", "dirpath", "best_k_models", "kth_best_model_path", "last_model_path"}
"""What says where files are."""
DRAWN_BY_TESTS = {"python"}
"""Random states that the run-time type checker of the tests moves on, a little differently in every run."""


def differences(first: Path, second: Path) -> list[str]:
    """Names of everything that differs between two checkpoints, file names apart."""
    return list(_differing(torch.load(first, weights_only=True), torch.load(second, weights_only=True), ""))


def _differing(first: Any, second: Any, name: str) -> Iterator[str]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in {*first, *second} - PLACES - DRAWN_BY_TESTS:
            if key not in first or key not in second:
                yield f"{name}/{key} is in one only"
            else:
                yield from _differing(first[key], second[key], f"{name}/{key}")
    elif isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        if first.dtype != second.dtype or not torch.equal(first, second):
            yield f"{name}: {first.flatten()[:3]} {second.flatten()[:3]}"
    elif isinstance(first, Sequence) and isinstance(second, Sequence) and not isinstance(first, str):
        if len(first) != len(second):
            yield f"{name} has {len(first)} and {len(second)} parts"
        for number, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from _differing(one, other, f"{name}/{number}")
    elif first != second:
        yield f"{name}: {first} {second}"
