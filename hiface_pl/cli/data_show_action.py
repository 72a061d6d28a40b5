"""What `hiface-pl data show` does: pictures of stored samples, without what makes or trains on them."""

import argparse

import cv2
from rich.console import Console

from hiface_pl.data.contact_sheet import contact_sheet
from hiface_pl.data.store import SampleStore
from hiface_pl.errors import ConfigError
from hiface_pl.paths import replacing


def run(arguments: argparse.Namespace) -> int:
    """Writes the contact sheet. Returns the exit code."""
    if arguments.out.suffix.lower() != ".png":
        raise ConfigError(f"--out {arguments.out} is not a PNG file: give it a name that ends in .png")
    sheet = contact_sheet(SampleStore(arguments.store), arguments.count)
    with replacing(arguments.out) as temporary:
        cv2.imwrite(str(temporary), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    Console(stderr=True).print(f"{arguments.out}", soft_wrap=True)
    return 0
