"""The global generators of a process, stored as plain values and restored."""

import random

import numpy as np
import torch

from hiface_pl.training.random_state import random_state, restore_random_state


def drawn() -> tuple[float, float]:
    """From torch and numpy; from Python's the tests' type checker draws too, so that one is compared by its state."""
    return float(torch.rand(())), float(np.random.rand())  # noqa: NPY002


def test_what_is_restored_is_drawn_again() -> None:
    device = torch.device("cpu")
    stored = random_state(device)
    first = drawn()
    assert drawn() != first
    restore_random_state(stored, device)
    assert drawn() == first


def test_pythons_generator_is_where_it_was() -> None:
    device = torch.device("cpu")
    stored = random_state(device)
    random.random()
    moved = random_state(device)
    assert not torch.equal(moved["python"][1], stored["python"][1]) or moved["python"][2] != stored["python"][2]
    restore_random_state(stored, device)
    restored = random_state(device)
    assert torch.equal(restored["python"][1], stored["python"][1])
    assert restored["python"][2] == stored["python"][2]
