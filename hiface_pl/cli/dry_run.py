"""What `hiface-pl data synth --dry-run` prints."""

import shutil
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hiface_pl.data.engines.work import Work
from hiface_pl.data.estimate import Estimate, estimate
from hiface_pl.errors import OutputError


def dry_run(work: Work, out: Path, jobs: int) -> None:
    """Measures a few samples and prints what the store will take. Raises OutputError where the disk is too small for it."""
    found, free = estimate(work), free_bytes(out)
    Console().print(_table(found, work.meta.count, jobs, free))
    size = found.size(work.meta.count)
    if size > free:
        raise OutputError(
            f"{out} would need {size / 1e9:.1f} GB where {free / 1e9:.1f} GB are free: free some space, name another disk, or lower --count"
        )


def free_bytes(path: Path) -> int:
    """Free bytes on the disk where `path` will lie."""
    existing = next(folder for folder in path.resolve().parents if folder.is_dir())
    return shutil.disk_usage(existing).free


def _table(found: Estimate, count: int, jobs: int, free: int) -> Table:
    table = Table("quantity", "value", title=f"{count:,} samples, measured on {found.tried}")
    cores = "one core" if jobs == 1 else f"{jobs} cores"
    rows = {
        "bytes a sample": f"{found.bytes_a_sample:,.0f}",
        "CPU ms a sample": f"{found.cpu_ms:.1f}",
        "size": f"{found.size(count) / 1e9:.2f} GB",
        f"time on {cores} with nothing else to do": str(timedelta(seconds=round(found.seconds(count, jobs)))),
        "free on that disk": f"{free / 1e9:.1f} GB",
    }
    for row in rows.items():
        table.add_row(*row)
    return table
