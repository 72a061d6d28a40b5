"""What fine shading holds besides wrinkles, texel by texel: brows, lips, moles, and all edges where the face was not put right."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

SMALLEST = 0.02
"""Standard deviation of the logarithm of the brightness that is always counted with."""
ROBUST = 2.0
"""Standard deviations beyond which a point counts less."""


class WrinkleNoise(nn.Module):
    """Fine shading = bias + gain J c + modes z + noise, with z standard normal. All but J is measured (`training.wrinkle_calibration`).

    `level` (2, n) holds bias and standard deviation of each of `points`; the `modes` (m, n) are part of that deviation.
    """

    level: Tensor
    modes: Tensor
    gain: Tensor

    def __init__(self, points: int, modes: int) -> None:
        super().__init__()
        self.register_buffer("level", torch.stack([torch.zeros(points), torch.full((points,), 0.1)]))
        self.register_buffer("modes", torch.zeros(modes, points))
        self.register_buffer("gain", torch.tensor(0.5))

    def equations(
        self, fine: Float[Tensor, "b n"], jacobian: Float[Tensor, "b k n"], seen: Float[Tensor, "b n"], temper: float
    ) -> tuple[Float[Tensor, "b k k"], Float[Tensor, "b k"]]:
        """The likelihood exp(right c - c normal c / 2) of the coefficients, with the modes integrated out: normal and right.

        `seen` weights the points, `temper` says how much of the rest of the noise is independent from point to point.
        """
        bias, deviation = self.level
        deviation = deviation.clamp(min=SMALLEST)
        residual = fine - bias
        weight = (temper * seen / (1 + (residual / (ROBUST * deviation)).square()).sqrt()).sqrt() / deviation
        rows = torch.cat([self.gain * jacobian, self.modes.expand(len(fine), -1, -1)], dim=1).mul_(weight[:, None])
        normal, right = rows @ rows.mT, (rows @ (residual * weight)[..., None])
        k = jacobian.shape[1]
        among = normal[:, k:, k:] + torch.eye(len(self.modes), dtype=normal.dtype, device=normal.device)
        known = torch.cholesky_solve(torch.cat([normal[:, k:, :k], right[:, k:]], dim=2), torch.linalg.cholesky(among))
        freed = torch.cat([normal[:, :k, :k], right[:, :k]], dim=2) - normal[:, :k, k:] @ known
        return freed[..., :k], freed[..., k]
