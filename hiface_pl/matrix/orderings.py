"""Is a row better or worse than the one that the paper compares it with, and is that more than seeds differ by?"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from hiface_pl.matrix.same_data import Line, Spread

REFERENCE = "hiface_d"
"""What rows are compared with, unless OTHERS says otherwise."""
CONTROL = "anew"
"""The whole method from another start: what rows are compared with that begin there too, where it was trained."""
OTHERS = {"hiface_c_wo_syn": "hiface_c", "hiface_d_wo_syn": CONTROL, "wo_kl": CONTROL, "wo_shp": CONTROL}
SCANS = "scans"
QUANTITIES = {
    SCANS: "mm",
    "total_map": "mm",
    "static_map": "mm",
    "compressed_map": "mm",
    "stretched_map": "mm",
    "identity_rigid": "mm",
    "expression": "mm",
    "landmarks": "%",
}
"""Errors that are compared, and their units. `scans` is the mean of all regions by the row's finest mesh."""
CLEAR = 2.0
"""Standard errors that a difference must exceed. Our choice."""
LEAST = 5e-5
"""What tables show as 0.0000 is no difference, however well seeds agree on it."""


class Verdict(Enum):
    """What a difference of errors says."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "~"
    UNKNOWN = "?"


@dataclass(frozen=True)
class Difference:
    """Errors of `row` minus those of `against`, seed by seed; `noise` is the standard error of their mean, NaN where nobody knows it."""

    row: str
    against: str
    quantity: str
    spread: Spread
    noise: float

    @property
    def verdict(self) -> Verdict:
        """Better or worse where the mean exceeds LEAST and CLEAR standard errors, and no seed says the opposite."""
        if math.isnan(self.noise):
            return Verdict.UNKNOWN
        mean = self.spread.mean
        if abs(mean) <= max(LEAST, CLEAR * self.noise) or any(value * mean < 0 for value in self.spread.values):
            return Verdict.NOISE
        return Verdict.BETTER if mean < 0 else Verdict.WORSE

    @property
    def told(self) -> str:
        """`+0.0012 ± 0.0003 worse`."""
        std = "" if math.isnan(self.spread.std) else f" ± {self.spread.std:.4f}"
        return f"{self.spread.mean:+.4f}{std} {self.verdict.value}"


def differences(lines: Sequence[Line]) -> list[Difference]:
    """Every row against what it is compared with, as far as both are there and share a seed."""
    finest = {line.row: line for line in lines}  # the detailed mesh comes after the coarse one
    pairs = [(line, finest.get(_against(row, finest))) for row, line in finest.items()]
    return [found for line, other in pairs if other is not None and other is not line for found in _differences(line, other)]


def compared(lines: Sequence[Line]) -> dict[tuple[str, str], dict[str, Difference]]:
    """The differences of each row and what it is compared with, by quantity."""
    found: dict[tuple[str, str], dict[str, Difference]] = {}
    for each in differences(lines):
        found.setdefault((each.row, each.against), {})[each.quantity] = each
    return found


def _against(row: str, there: Mapping[str, Line]) -> str:
    found = OTHERS.get(row, REFERENCE)
    return REFERENCE if found == CONTROL and found not in there else found


def _differences(line: Line, other: Line) -> Iterator[Difference]:
    shared = [seed for seed in line.seeds if seed in other.seeds]
    ours, theirs = _errors(line), _errors(other)
    for quantity in QUANTITIES if shared else ():
        if quantity in ours and quantity in theirs:
            values = [ours[quantity].values[line.seeds.index(seed)] - theirs[quantity].values[other.seeds.index(seed)] for seed in shared]
            spread = Spread.of(values)
            yield Difference(line.row, other.row, quantity, spread, _noise(spread, theirs[quantity]))


def _noise(spread: Spread, other: Spread) -> float:
    """The standard error of the mean difference; of one seed, what two seeds of the row it is compared with differ by."""
    return math.sqrt(2) * other.std if len(spread.values) == 1 else spread.std / math.sqrt(len(spread.values))


def _errors(line: Line) -> Mapping[str, Spread]:
    return line.faces if line.errors is None else {**line.faces, SCANS: line.errors["all"]}
