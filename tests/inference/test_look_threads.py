"""Threads of a look at one face: few for small networks, and those of before afterwards, whatever happened."""

import pytest
import torch

from hiface_pl.inference.look_threads import SMALL, threads_for_a_look


@pytest.fixture(autouse=True)
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def encoder(parameters: int):
    return torch.nn.Linear(1, parameters, bias=False, device="meta")


@pytest.mark.parametrize(("parameters", "threads"), [(SMALL - 1, 1), (SMALL, 3)])
def test_small_networks_look_on_one_thread(parameters, threads):
    with threads_for_a_look(encoder(parameters)):
        assert torch.get_num_threads() == threads
    assert torch.get_num_threads() == 3


def test_an_error_leaves_the_threads_as_they_were():
    with pytest.raises(ValueError, match="no face"), threads_for_a_look(encoder(1)):
        raise ValueError("no face")
    assert torch.get_num_threads() == 3
