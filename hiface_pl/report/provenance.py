"""Where a number comes from: commit, date, machine, versions, seed."""

import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from hiface_pl.processes import usable_cores

PACKAGES = ("hiface-pl", "torch", "lightning", "torchmetrics", "timm", "numpy", "numba", "easypytorch3d")


@dataclass(frozen=True)
class Provenance:
    """What somebody needs to make the same number again; `commit` is None outside a git checkout and ends in + for altered files."""

    commit: str | None
    date: str
    machine: str
    device: str
    versions: dict[str, str]
    seed: int | None

    @classmethod
    def now(cls, seed: int | None = None) -> "Provenance":
        """The provenance of what is being computed at this moment."""
        date = datetime.now(UTC).isoformat(timespec="seconds")
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        return cls(_commit(), date, _machine(), device, _versions(), seed)


def _commit() -> str | None:
    folder = Path(__file__).parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=folder, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed.strip() else "")


def _machine() -> str:
    return f"{platform.system()} {platform.release()}, {_processor()}, {usable_cores()} cores"


def _processor() -> str:
    """What the processor calls itself where the system tells, since `platform` knows its architecture at most."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found
