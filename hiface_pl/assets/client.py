"""How an asset comes here: the ordinary client of a package registry, set up by the user as for any other package."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """What a registry calls the file: one version of one package."""

    name: str
    version: str


class Client(ABC):
    """One kind of registry client. A new kind is one new subclass."""

    program: str
    """What the user has to have installed."""

    @abstractmethod
    def arguments(self, package: Package, folder: Path) -> list[str]:
        """What the program is called with to put the package's file into `folder`, without installing it or what it depends on."""

    @abstractmethod
    def call(self) -> list[str]:
        """The words that start the program from here."""

    def spoken(self, package: Package, folder: Path) -> str:
        """What a user types to bring the file by hand."""
        return " ".join([self.program, *self.arguments(package, folder)])
