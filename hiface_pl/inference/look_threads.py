"""How many threads an encoder takes while it looks at one face."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

SMALL = 10_000_000
"""Parameters of an encoder below which threads wait for each other longer than they work. Our choice: the operations of the shipped network
(6 million) are so short that two threads take half as long again as one; ResNet-50 (25 million) gains by them.
"""


@contextmanager
def threads_for_a_look(encoder: nn.Module) -> Iterator[None]:
    """One of torch's threads for small encoders, as many as there were for others and after the look."""
    before = torch.get_num_threads()
    if before == 1 or sum(each.numel() for each in encoder.parameters()) >= SMALL:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
