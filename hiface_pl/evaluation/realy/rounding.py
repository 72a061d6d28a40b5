"""Single precision, in which the public evaluator reads its files and keeps positions."""

import numpy as np
from jaxtyping import Float64


def to_single(places: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
    """The nearest numbers of single precision, still as double precision."""
    return places.astype(np.float32).astype(np.float64)
