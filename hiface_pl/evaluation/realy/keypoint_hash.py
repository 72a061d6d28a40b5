"""A name for a placement of keypoints."""

import hashlib

import numpy as np
from jaxtyping import Float64, Int32

DIGITS = 16


def keypoint_hash(triangles: Int32[np.ndarray, " 85"], weights: Float64[np.ndarray, "85 3"]) -> str:
    """The first sixteen hex digits of the SHA-256 of the triangle numbers and the first two weights of each row, as NAME.txt has them.

    Our choice: of the numbers and not of the file, so that spaces do not count and a template in memory has the same hash as its files.
    """
    numbers = np.ascontiguousarray(triangles, "<i4").tobytes() + np.ascontiguousarray(weights[:, :2], "<f8").tobytes()
    return hashlib.sha256(numbers).hexdigest()[:DIGITS]
