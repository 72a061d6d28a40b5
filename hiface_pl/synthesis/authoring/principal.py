"""Principal components of authored maps, with columns scaled so that coefficients have unit variance."""

import numpy as np
from jaxtyping import Float32


def principal_components(
    rows: Float32[np.ndarray, "s n"], count: int
) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, "k n"], Float32[np.ndarray, "s k"]]:
    """Mean, basis and the rows' coefficients, row = mean + coefficients @ basis + rest; at most rows - 1 components, orthogonal.

    Signs are fixed (largest entry positive), so that the same rows give the same basis.
    """
    mean = rows.mean(axis=0)
    centred = rows - mean
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    kept = np.argsort(values)[::-1][: min(count, len(rows) - 1)]
    kept = kept[values[kept] > 1e-9 * max(float(values.max()), 1e-30)]
    spread = np.sqrt(values[kept] / (len(rows) - 1))
    coefficients = vectors[:, kept] * np.sqrt(len(rows) - 1)
    basis = (coefficients / (len(rows) - 1)).T.astype(np.float32) @ centred
    signs = np.sign(basis[np.arange(len(kept)), np.abs(basis).argmax(axis=1)]) if len(kept) and spread.size else np.ones(0)
    return mean, basis * signs[:, None].astype(np.float32), (coefficients * signs).astype(np.float32)
