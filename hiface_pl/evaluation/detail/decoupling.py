"""Whether static detail belongs to the person: alike under two expressions of one person, different between people."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.distance import pdist


class StaticMap(NamedTuple):
    """The static map that a network reads off one image, and the person's true one: mm over the texels of the detail mask."""

    subject: int
    expression: str
    predicted: Float32[np.ndarray, " n"]
    true: Float32[np.ndarray, " n"]


class Decoupling(NamedTuple):
    """Mean distances between static maps, mm, as root mean square over the detail mask. None where there are no such pairs.

    `same_person`: one person under two expressions. `people`: two people under one expression; `true_people`: their true maps.
    """

    same_person: float | None
    people: float | None
    true_people: float | None

    @property
    def leak(self) -> float | None:
        """The ratio same_person / people: 0 where D_sta ignores the expression, 1 where that moves it like another person. Our choice."""
        return None if self.same_person is None or not self.people else self.same_person / self.people

    @property
    def spread(self) -> float | None:
        """The ratio people / true_people: 0 where everybody gets one D_sta, 1 where people differ as much as they do. Our choice."""
        return None if self.people is None or not self.true_people else self.people / self.true_people


def decoupling(maps: Sequence[StaticMap], weights: Float32[np.ndarray, " n"]) -> Decoupling:
    """Over all pairs: a person's pairs count as one, then people; pairs of two people count alike over all expressions."""
    scale = np.sqrt(weights.astype(np.float64) / weights.sum(dtype=np.float64))
    same = [_pairs([row.predicted * scale for row in own]).mean() for own in _persons(maps)]
    groups = [[row for row in maps if row.expression == name] for name in dict.fromkeys(row.expression for row in maps)]
    people, true = (
        np.concatenate([_pairs([getattr(row, kind) * scale for row in group]) for group in groups] or [np.zeros(0)])
        for kind in ("predicted", "true")
    )
    return Decoupling(_mean(np.array(same)), _mean(people), _mean(true))


def _persons(maps: Sequence[StaticMap]) -> list[list[StaticMap]]:
    """The maps of each person who shows at least two expressions, one an expression."""
    persons: dict[int, dict[str, StaticMap]] = {}
    for row in maps:
        persons.setdefault(row.subject, {}).setdefault(row.expression, row)
    return [list(own.values()) for own in persons.values() if len(own) > 1]


def _pairs(rows: Sequence[np.ndarray]) -> Float64[np.ndarray, " p"]:
    return pdist(np.stack(rows)) if len(rows) > 1 else np.zeros(0)


def _mean(values: Float64[np.ndarray, " p"]) -> float | None:
    return float(values.mean()) if len(values) else None
