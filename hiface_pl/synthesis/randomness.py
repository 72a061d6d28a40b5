"""Random numbers that depend on split, seed and sample index only, one stream for each thing that is drawn.

Own streams keep the rest of a sample as it was when one of its parts draws more numbers than before.
"""

from dataclasses import dataclass

import numpy as np

SPLITS = {"train": 0x74726E, "val": 0x76616C, "test": 0x747374, "open-scans": 0x736373, "calibration": 0x636C62}
"""Constants that keep the splits apart: the same seed and index give another person in another split."""
STREAMS = 9


@dataclass(frozen=True)
class Grouping:
    """How many samples show one person: `expressions` of them, each in `views` pictures. Consecutive samples, views first."""

    views: int = 1
    expressions: int = 1

    @property
    def images(self) -> int:
        """Samples a person."""
        return self.views * self.expressions

    def place(self, index: int) -> tuple[int, int, int]:
        """The person of a sample, which of the person's samples it is, and which of them is the first with its expression."""
        person, image = divmod(index, self.images)
        return person, image, image - image % self.views


@dataclass(frozen=True)
class Streams:
    """Independent generators of one sample. `gaze` draws the pose to which the eyes were turned when the expression was made."""

    person: np.random.Generator
    detail: np.random.Generator
    pose: np.random.Generator
    expression: np.random.Generator
    skin: np.random.Generator
    light: np.random.Generator
    surroundings: np.random.Generator
    cover: np.random.Generator
    camera: np.random.Generator
    gaze: np.random.Generator

    @classmethod
    def of(cls, split: str, seed: int, index: int, grouping: Grouping = Grouping()) -> "Streams":
        """The streams of one sample. The first sample of a person is the one that a store of single samples has under that number."""
        number, image, first = grouping.place(index)
        person, moment, own = (_children(split, seed, number, which) for which in (0, first, image))
        chosen = (person[0], person[1], own[2], moment[3], person[4], *own[5:], moment[2])
        return cls(*(np.random.Generator(np.random.PCG64(child)) for child in chosen))


def _children(split: str, seed: int, person: int, image: int) -> list[np.random.SeedSequence]:
    """Seeds of the nine streams of a person's first image, or of a later one: branches that the first does not use."""
    branch = (STREAMS + image,) if image else ()
    return np.random.SeedSequence((SPLITS[split], seed, person), spawn_key=branch).spawn(STREAMS)
