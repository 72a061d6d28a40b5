"""Animation: one person's identity and static detail under another's expression."""

from dataclasses import replace
from enum import Flag, auto

import torch

from hiface_pl.types import Coefficients, DetailMaps


class Shown(Flag):
    """Which part of the detail a picture or a mesh shows."""

    STATIC = auto()
    DYNAMIC = auto()
    BOTH = STATIC | DYNAMIC


def retarget(source: Coefficients, driver: Coefficients) -> Coefficients:
    """The source's person, light and pose with the driver's expressions; one source may be driven by many frames, or many by one.

    Paper: static detail stays, dynamic detail follows the driver: decode the result with the shape decoder and the detail head.
    """
    frames = max(len(source.identity), len(driver.identity))
    return replace(_repeat(source, frames), expression=_repeat(driver, frames).expression)


def show(maps: DetailMaps, shown: Shown) -> DetailMaps:
    """The maps with the part that is not `shown` set to 0 in `static`, `dynamic` and so in `total`; poles and weights stay."""
    if shown == Shown.BOTH:
        return maps
    return replace(
        maps,
        static=maps.static if Shown.STATIC in shown else torch.zeros_like(maps.static),
        dynamic=maps.dynamic if Shown.DYNAMIC in shown else torch.zeros_like(maps.dynamic),
        spanned=None,
    )


def _repeat(coefficients: Coefficients, frames: int) -> Coefficients:
    count = len(coefficients.identity)
    if count not in (1, frames):
        raise ValueError(f"{count} faces cannot be paired with {frames} frames: give one face, or as many as there are frames")
    return coefficients if count == frames else coefficients[torch.zeros(frames, dtype=torch.long, device=coefficients.identity.device)]
