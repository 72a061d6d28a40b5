"""Left and right: which landmark lies across the midline."""

import numpy as np

_PAIRS_68 = (
    *((i, 16 - i) for i in range(17)),
    *((i, 43 - i) for i in range(17, 27)),
    *((i, i) for i in range(27, 31)),
    *((i, 66 - i) for i in range(31, 36)),
    (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),
    (48, 54), (49, 53), (50, 52), (51, 51), (55, 59), (56, 58), (57, 57),
    (60, 64), (61, 63), (62, 62), (65, 67), (66, 66),
)  # fmt: skip
_PAIRS_EXTRA = ((68, 69), (70, 71), (72, 73), (74, 75), (76, 77), (78, 80), (79, 79), (81, 82), (83, 84))


def _table(pairs: tuple[tuple[int, int], ...], count: int) -> np.ndarray:
    table = np.full(count, -1)
    for a, b in pairs:
        table[a], table[b] = b, a
    return table


MIRROR_68 = _table(_PAIRS_68, 68)
"""For each of the 68 iBUG landmarks the one across the midline (itself on the midline)."""
MIRROR_85 = _table((*_PAIRS_68, *_PAIRS_EXTRA), 85)
"""The same for the 85 keypoints."""
