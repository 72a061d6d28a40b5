"""The 51 expression units, with brow units that reach up to the hairline."""

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import sparse
from scipy.sparse.linalg import splu

from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.source import MakeHumanSource

_LEFT_OUT = "tongueOut"
"""The head has no tongue."""
_UP_GAIN = 1.6
_ABOVE_BROW, _BELOW_HAIR, _BEHIND_EYE, _JOINT, _JOINT_STEPS = 4.0, 8.0, 45.0, 9.0, 6


def read_units(source: MakeHumanSource, head: HeadMesh) -> dict[str, Float64[np.ndarray, "v 3"]]:
    """Unit displacements by name, as sculpted, in mm. Raises AssetError."""
    return {name: source.unit(name, head.used, head.base_vertices) for name in source.unit_names() if name != _LEFT_OUT}


def spread_brows(
    units: dict[str, Float64[np.ndarray, "v 3"]], head: HeadMesh, mean: Float64[np.ndarray, "v 3"], landmarks: Float64[np.ndarray, "68 3"]
) -> dict[str, Float64[np.ndarray, "v 3"]]:
    """Lets brow units move the whole forehead: above the brow their displacement falls off harmonically to 0 at the hairline.

    Our choice: as sculpted they move a thin band at the brow, so that the forehead's skin would crumple in one strip; raising units also
    get 1.6 times their strength.
    """
    forehead, joint = _zones(head, mean, landmarks)
    average = _neighbour_average(head)
    laplacian = sparse.csr_array(sparse.identity(len(mean)) - average)
    fixed = np.flatnonzero(head.skin & ~forehead)
    free = np.flatnonzero(forehead)
    solver = splu(sparse.csc_array(laplacian[free][:, free]))
    spread = dict(units)
    for name in (name for name in units if name.startswith("brow")):
        moved = units[name].copy()
        moved[free] = solver.solve(-(laplacian[free][:, fixed] @ moved[fixed]))
        for _ in range(_JOINT_STEPS):
            moved[joint] = 0.5 * moved[joint] + 0.5 * (average @ moved)[joint]
        spread[name] = moved * (_UP_GAIN if "Up" in name else 1.0)
    return spread


def _zones(head: HeadMesh, mean: np.ndarray, landmarks: np.ndarray) -> tuple[Bool[np.ndarray, " v"], Bool[np.ndarray, " v"]]:
    """Where the displacement is extended, and the band in which its joint with the brow is smoothed."""
    brow = landmarks[17:27]
    hairline = brow[:, 1].mean() + 0.95 * (landmarks[36:48, 1].mean() - landmarks[33, 1]) + _BELOW_HAIR
    height = mean[:, 1] - np.interp(mean[:, 0], brow[:, 0], brow[:, 1]) - _ABOVE_BROW
    front = head.skin & (mean[:, 2] > landmarks[36, 2] - _BEHIND_EYE)
    return front & (height > 0) & (mean[:, 1] < hairline), front & (np.abs(height) < _JOINT)


def _neighbour_average(head: HeadMesh) -> sparse.csr_array:
    """(v, v): the mean over the skin's quad edges at each vertex."""
    quads: Int64[np.ndarray, "f 4"] = head.quads[head.part == Part.SKIN]
    ends = np.unique(np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1), axis=0)
    size = len(head.vertices)
    links = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    both = sparse.csr_array(links + links.T)
    return sparse.csr_array(sparse.diags(1 / np.maximum(both.sum(axis=1), 1)) @ both)
