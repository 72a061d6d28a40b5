"""The numbers of the paper's Table 1, as published: other data and scans than ours, so in columns of their own."""

import csv
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.evaluation.realy.regions import Region

FILE = Path(__file__).parent / "data" / "published_table1.csv"
SOURCE = "HiFace (ICCV 2023), Table 1: REALY, other training data; not to be compared with same-data numbers"


@dataclass(frozen=True)
class Published:
    """One line of the paper's table. Errors in mm over REALY's subjects; `row` is the row here that asks the same, empty for others."""

    group: str
    method: str
    view: str
    row: str
    mean: dict[Region, float]
    std: dict[Region, float]
    all: float


def published(view: str = "frontal") -> list[Published]:
    """All methods, in the paper's order."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    return [_line(values) for values in csv.DictReader(lines) if values["view"] == view]


def _line(values: dict[str, str]) -> Published:
    mean = {region: float(values[region]) for region in Region}
    std = {region: float(values[f"{region}_std"]) for region in Region}
    return Published(values["group"], values["method"], values["view"], values["row"], mean, std, float(values["all"]))
