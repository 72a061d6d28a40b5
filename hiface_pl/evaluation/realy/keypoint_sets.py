"""Which of the 85 keypoints take part in which step. Paper: REALY's own choice; numbers 0 to 67 are iBUG's 68 landmarks."""

from collections.abc import Mapping

from hiface_pl.evaluation.realy.regions import Region

_EYES = tuple(range(36, 48))
_BROWS = tuple(range(17, 27))
_NOSE = tuple(range(27, 36))
_LIPS = (*range(48, 61), 64)
_LIDS_AND_CHIN = (36, 41, 40, 39, 42, 47, 46, 45, 7, 8, 9)

GLOBAL: tuple[int, ...] = (36, 39, 42, 45, 33, 48, 54)
"""Corners of the eyes and the mouth, and the base of the nose: the similarity of the first step."""

RIGID: Mapping[Region, tuple[int, ...]] = {
    Region.NOSE: (27, 28, 29, 30, 31, 35, 32, 33, 34, 70, 71),
    Region.MOUTH: _LIPS,
    Region.FOREHEAD: (*_EYES, *_BROWS),
    Region.CHEEK: (*_LIPS, 76, 77, *_LIDS_AND_CHIN),
}
"""Pairs beside the surface's in a region's rigid fit. Their order is that of sums in single precision."""

NONRIGID: Mapping[Region, tuple[int, ...]] = {
    Region.NOSE: _NOSE,
    Region.MOUTH: _LIPS,
    Region.FOREHEAD: (*_EYES, *_BROWS),
    Region.CHEEK: (),
}
"""Handles of a region's non-rigid step. The cheek has none."""
