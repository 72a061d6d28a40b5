"""What `hiface-pl data open-photos` does, with its imports."""

import argparse
from copy import copy

from rich.console import Console

from hiface_pl.assets.fetch import fetch
from hiface_pl.assets.manifest import PERCEPTION, assets_named
from hiface_pl.cli import data_prepare_action
from hiface_pl.data.photos.open_photos import SPLITS, assets_of, unpack

SMALLEST, SHARP = 56.0, 0.02
"""Pixels of the smallest crop and least sharpness. Our choice: lower than for photos at large, since there are so few of these."""


def run(arguments: argparse.Namespace) -> int:
    """Fetches, unpacks and prepares, each as far as it is not done. Returns the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for entry in assets_named([PERCEPTION, *assets_of()]):
        console.print(f"{entry.name}: {fetch(entry.name)}, licence: {entry.licence}", markup=False)
    pictures = arguments.out / "pictures"
    unpack(pictures)
    for split in SPLITS:
        prepared = copy(arguments)
        prepared.photos, prepared.out = [str(pictures / split)], arguments.out / split
        prepared.smallest, prepared.sharp, prepared.largest, prepared.people, prepared.every = SMALLEST, SHARP, False, True, 1
        data_prepare_action.run(prepared)
    return 0
