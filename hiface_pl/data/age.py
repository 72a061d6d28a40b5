"""Ages as distributions over one-year bins, as age networks give them."""

import torch
from jaxtyping import Float
from torch import Tensor

AGE_BINS = 81
"""0 to 80 years, the bins of the age network whose distribution is distilled on photos."""
SPREAD = 3.0
"""Standard deviation in years of the label of a known age. Our choice."""


def age_distribution(age: Float[Tensor, " n"], spread: float = SPREAD) -> Float[Tensor, "n 81"]:
    """Normalised Gaussians around ages in years, over the bins 0 to 80."""
    bins = torch.arange(AGE_BINS, device=age.device, dtype=age.dtype)
    return torch.softmax(-0.5 * ((bins - age.clamp(0, AGE_BINS - 1)[:, None]) / spread) ** 2, dim=1)
