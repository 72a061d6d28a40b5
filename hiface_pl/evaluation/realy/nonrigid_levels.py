"""The schedule of the non-rigid step. Paper: REALY's constants."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Level:
    """Solves of one stiffness, repeated while the affine maps change.

    `stiffness` is alpha and `axes` the diagonal of G. `handles` is the weight of the keypoints, without and `surface` with the nearest
    points beside them. A level ends when the norm of the last change is at most `settled`, or after `most` solves.
    """

    stiffness: float
    settled: float
    handles: float = 0.0
    handles_decay: float = 0.0
    surface: bool = True
    axes: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    most: int | None = None

    def handle_weight(self, solves: int) -> float:
        """The weight of the keypoints after `solves` solves of all levels together."""
        return self.handles * float(np.exp(-self.handles_decay * solves))


def _falling(number: int) -> tuple[float, float]:
    return 50 * float(np.exp(-0.5 * number)), 0.5**number


FREE = tuple(Level(*_falling(number)) for number in range(3))
"""Without keypoints (cheek)."""

HANDLED = (
    Level(150.0, 2.0, handles=50.0, surface=False, axes=(2.0, 2.0, 3.0, 2.0), most=1),
    *(Level(*_falling(number), handles=5.0, handles_decay=0.9, most=11) for number in range(3)),
)
"""With keypoints: one solve of the keypoints alone, then three levels with the surface."""
