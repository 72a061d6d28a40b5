"""A network's answers to one picture that a formula draws: what tells whether code and weights still mean the same."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.reconstructor import Reconstructor
from hiface_pl.types import TensorRecord

Probe = Mapping[str, list[float]]
"""Numbers by the name of what they are part of, such as `encoded.coefficients.pose.rotation`."""

SMALLEST = 0.01
"""Answers of a kind that are all below this count as if the largest were this: mm, radians, standard deviations. Our choice."""
KEPT = 96
"""Numbers kept of one tensor, evenly spread over it. Our choice."""


def probe_image(size: int) -> Float[Tensor, "1 3 s s"]:
    """A crude face in skin tones, `size` pixels a side. Our choice: near enough to training images that answers do not hang on rounding."""
    y, x = torch.meshgrid(*[(torch.arange(size) + 0.5) / size for _ in range(2)], indexing="ij")
    head = _blob(x, y, (0.5, 0.52), (0.30, 0.38))
    dark = sum(_blob(x, y, place, (0.055, 0.025)) for place in ((0.38, 0.42), (0.62, 0.42)))
    dark = dark + 0.7 * _blob(x, y, (0.51, 0.74), (0.10, 0.02)) + 0.3 * _blob(x, y, (0.53, 0.58), (0.04, 0.05))
    shade = 1 + 0.15 * torch.sin(3 * x + 1) - 0.1 * y
    channels = [head * tone * shade * (1 - 0.7 * dark) + (1 - head) * back for tone, back in ((0.80, 0.30), (0.60, 0.36), (0.50, 0.44))]
    return torch.stack(channels).clamp(0, 1)[None]


def _blob(x: Tensor, y: Tensor, middle: tuple[float, float], size: tuple[float, float]) -> Tensor:
    distance = ((x - middle[0]) / size[0]).square() + ((y - middle[1]) / size[1]).square()
    return torch.sigmoid(6 * (1 - distance))


@torch.no_grad()
def take_probe(reconstructor: Reconstructor) -> dict[str, list[float]]:
    """What the network, in evaluation mode, answers: coefficients, points, shape and detail, a part of the numbers of each."""
    answer = reconstructor(probe_image(reconstructor.image_size))
    return {name: _spread(value) for name, value in _tensors(answer)}


def farthest(reconstructor: Reconstructor, known: Probe) -> tuple[str, float]:
    """Where the network's answer differs most from a known one, and by how much: in parts of the largest known number of its kind.

    What the network no longer answers at all, or answers in another size, is infinitely far. Answers that are new do not count.
    """
    answer = take_probe(reconstructor)
    return max(((name, _distance(answer.get(name, []), values)) for name, values in known.items()), key=lambda pair: pair[1])


def _distance(found: list[float], known: list[float]) -> float:
    if len(found) != len(known) or not all(map(math.isfinite, found)):
        return math.inf
    scale = max(max(map(abs, known), default=0.0), SMALLEST)
    return max((abs(a - b) for a, b in zip(found, known, strict=True)), default=0.0) / scale


def _spread(value: Tensor) -> list[float]:
    flat = value.flatten()
    picked = torch.linspace(0, len(flat) - 1, min(KEPT, len(flat))).round().long()
    return [float(f"{number:.7g}") for number in flat[picked].tolist()]


def _tensors(record: TensorRecord, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    for entry in fields(record):  # type: ignore[arg-type]
        value = getattr(record, entry.name)
        if isinstance(value, Tensor):
            yield prefix + entry.name, value
        elif isinstance(value, TensorRecord):
            yield from _tensors(value, f"{prefix}{entry.name}.")
