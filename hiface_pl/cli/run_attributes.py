"""What a logger may say about a run besides its numbers: which row, seed and scale it is, and what its configuration changes."""

from typing import Any

from jsonargparse import Namespace

from hiface_pl.cli.composition import SCALES, files_of, merged_files
from hiface_pl.cli.resolving import Resolver, unwrapped
from hiface_pl.matrix.leaves import MISSING, Place, differences
from hiface_pl.matrix.rows import EXPERIMENTS, FULL

GROUP = "matrix"
"""Runs of one scale are one matrix: their numbers may be compared."""
ELSEWHERE = (("name",), ("runs",), ("trainer", "logger"))
"""Leaves that say where a run is kept, not what is trained."""


def run_attributes(config: Namespace, verb: str) -> dict[str, Any]:
    """Name, group, job type and tags, as W&B calls them."""
    seed = config.seed_everything
    seeded = [] if seed is None or isinstance(seed, bool) else [f"seed{seed}"]
    return {"name": config.name, "group": f"{GROUP}-{config.scale}", "job_type": verb, "tags": [config.name, *seeded, config.scale]}


def changed_from_base(dumped: dict[str, Any]) -> dict[str, Any]:
    """The leaves of a run's whole configuration that are not those of experiments/full.yaml at its scale, nested as in the files.

    Leaves that only the base has are None. Empty outside of a checkout, where that file is not.
    """
    if not FULL.is_file():
        return {}
    scale = dumped.get("scale")
    known = isinstance(scale, str) and (EXPERIMENTS / "matrix" / f"{scale}.yaml").is_file()
    base = Resolver().resolve(merged_files(files_of([FULL], str(scale) if known else SCALES[0])))
    own = {key: value for key, value in unwrapped(dumped).items() if key in base}
    changed: dict[str, Any] = {}
    for place, (_, value) in differences(base, own).items():
        if place not in ELSEWHERE:
            _put(changed, place, None if value is MISSING else value)
    return changed


def _put(content: dict[str, Any], place: Place, value: Any) -> None:
    *above, last = place
    for key in above:
        if not isinstance(content.get(key), dict):
            content[key] = {}  # a part that one of the two switches off is a leaf there, and a mapping in the other
        content = content[key]
    content[last] = value
