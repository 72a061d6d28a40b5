"""The global generators of a process, stored as plain values and restored."""

import numpy as np
import torch

from hiface_pl.training.random_state import random_state, restore_random_state


def drawn() -> tuple[float, float]:
    """From torch and numpy; from Python's the tests' type checker draws too."""
    return float(torch.rand(())), float(np.random.rand())  # noqa: NPY002


def test_what_is_restored_is_drawn_again() -> None:
    device = torch.device("cpu")
    stored = random_state(device)
    first = drawn()
    assert drawn() != first
    restore_random_state(stored, device)
    assert drawn() == first
