"""Runs the project's commands one after the other, measures them, and remembers which are finished."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from hiface_pl.paths import replacing
from hiface_pl.report.own_commands import require_done, run_command

Result = TypeVar("Result")


@dataclass(frozen=True)
class Finished:
    """A stage that is done: where its result lies, and what it took on this machine (CPU seconds of all its processes)."""

    name: str
    result: str
    wall: float
    cpu: float
    kept: bool = False


class Stages:
    """The stages of one demo folder. A stage that finished with the same settings is not run again, and says so."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.path = folder / "stages.json"
        self.console = console
        self.settings: dict[str, object] = {}
        self.done: dict[str, Finished] = {}
        self.finished: list[Finished] = []

    def remember(self, settings: dict[str, object]) -> None:
        """Takes over the stages that an earlier run finished with equal settings."""
        self.settings = settings
        self.done = self._remembered()

    def run(self, name: str, arguments: Sequence[str], result: Callable[[], Path], sign: str = "") -> Path:
        """Runs `hiface-pl ARGUMENTS` unless that is done; `result` then tells where its result lies. `sign` changes when inputs do.

        Raises TrainingError when the command fails; it has told the reason itself.
        """
        key = f"{name} {sign}".strip()
        earlier = self.done.get(key)
        if earlier is not None and Path(earlier.result).exists():
            self.console.print(f"[bold]{name}[/]: kept from an earlier run ({earlier.cpu:.0f} CPU s then)")
            self.finished.append(Finished(name, earlier.result, earlier.wall, earlier.cpu, kept=True))
            return Path(earlier.result)
        self.console.print(f"[bold]{name}[/]: hiface-pl {' '.join(arguments)}", soft_wrap=True)
        ended = run_command(arguments)
        require_done(ended, f"the demo could not {name}")
        self.console.print(f"[bold]{name}[/]: {ended.wall:.0f} s, {ended.cpu:.0f} CPU s")
        self.finished.append(Finished(name, str(result()), ended.wall, ended.cpu))
        self.done[key] = self.finished[-1]
        self._write()
        return result()

    def here(self, name: str, work: Callable[[], Result]) -> Result:
        """Does something small in this process, and lists it among the stages."""
        began, before = time.monotonic(), time.process_time()
        with self.console.status(name):
            result = work()
        self.finished.append(Finished(name, "", time.monotonic() - began, time.process_time() - before))
        return result

    def _remembered(self) -> dict[str, Finished]:
        try:
            record = json.loads(self.path.read_text())
            stages = {key: Finished(**value) for key, value in record["stages"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return stages if record["settings"] == self.settings else {}

    def _write(self) -> None:
        record = {"settings": self.settings, "stages": {key: asdict(stage) for key, stage in self.done.items()}}
        with replacing(self.path) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n")
