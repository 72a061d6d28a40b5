"""Ages as distributions over one-year bins, as age networks give them."""

import numpy as np
from jaxtyping import Float

AGE_BINS = 81
"""0 to 80 years, the bins of the age network whose distribution is distilled on photos."""
SPREAD = 3.0
"""Standard deviation in years of the label of a known age. Our choice."""


def age_distribution(age: Float[np.ndarray, " n"], spread: float = SPREAD) -> Float[np.ndarray, "n 81"]:
    """Normalised Gaussians around ages in years, over the bins 0 to 80."""
    bins = np.arange(AGE_BINS)
    weights = np.exp(-0.5 * ((bins[None] - np.clip(age, 0, AGE_BINS - 1)[:, None]) / spread) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
