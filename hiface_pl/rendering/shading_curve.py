"""The curve from linear light to display values."""

from jaxtyping import Float
from torch import Tensor

EXPONENT = 1 / 2.2 - 1
"""Display values are x^(1 / 2.2), written x times x^EXPONENT."""
DARKEST = 1e-3
"""Below this linear value the curve is a straight line, so that its slope stays finite. Our choice."""


def encode(linear: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Display values of linear light in [0, 1]: x^(1 / 2.2), straight near zero, clamped at 1."""
    clamped = linear.clamp(min=0, max=1)
    return clamped * clamped.clamp(min=DARKEST) ** EXPONENT
