"""Random numbers that depend on split, seed and sample index only, one stream for each thing that is drawn.

Own streams keep the rest of a sample as it was when one of its parts draws more numbers than before.
"""

from dataclasses import dataclass

import numpy as np

SPLITS = {"train": 0x74726E, "val": 0x76616C, "test": 0x747374}
"""Constants that keep the splits apart: the same seed and index give another person in another split."""


@dataclass(frozen=True)
class Streams:
    """Independent generators of one sample."""

    person: np.random.Generator
    detail: np.random.Generator
    pose: np.random.Generator
    expression: np.random.Generator
    skin: np.random.Generator
    light: np.random.Generator
    surroundings: np.random.Generator
    cover: np.random.Generator
    camera: np.random.Generator

    @classmethod
    def of(cls, split: str, seed: int, index: int) -> "Streams":
        """The streams of one sample."""
        children = np.random.SeedSequence((SPLITS[split], seed, index)).spawn(9)
        return cls(*(np.random.Generator(np.random.PCG64(child)) for child in children))
