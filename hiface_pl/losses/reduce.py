"""The reductions that losses share: from values with a mask to one number a sample."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hiface_pl.errors import ConfigError

TINY = 1e-12


def masked_mean(values: Float[Tensor, "b *n"], weights: Float[Tensor, "b *n"]) -> Float[Tensor, " b"]:
    """Weighted mean over all axes but the first; 0 where a sample has no weight at all."""
    weighted = (values * weights).flatten(1).sum(dim=1)
    return weighted / weights.flatten(1).sum(dim=1).clamp_min(TINY)


def masked_rms(values: Float[Tensor, "b *n"], mask: Float[Tensor, "#b *n"]) -> Float[Tensor, " b"]:
    """sqrt(sum (mask values)^2 / sum mask^2): the 2-norm of the paper in units of `values`, whatever the number of texels or vertices.

    Our choice: a root mean square instead of a bare norm, so that weights do not depend on the resolution of a map or mesh. The gradient
    at zero is zero.
    """
    squared = (mask * values).square().flatten(1).sum(dim=1)
    return safe_sqrt(squared / mask.square().flatten(1).sum(dim=1).clamp_min(TINY))


def safe_sqrt(values: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The square root with gradient 0 instead of infinity at 0."""
    positive = values > TINY
    return torch.where(positive, torch.where(positive, values, torch.ones_like(values)).sqrt(), values * 0)


def quadratic_rms(difference: Float[Tensor, "b k"], gram: Float[Tensor, "k k"]) -> Float[Tensor, " b"]:
    """sqrt(d^T G d): with G from `gram_matrix`, the masked RMS of the field that the coefficients d span, without building the field."""
    return safe_sqrt(((difference @ gram) * difference).sum(dim=1))


def gram_matrix(basis: Float[Tensor, "k n c"], mask: Float[Tensor, " n"]) -> Float[Tensor, "k k"]:
    """B M^2 B^T / sum M^2, for `quadratic_rms`."""
    rows = (basis * mask[:, None]).flatten(1).double()
    return (rows @ rows.T / mask.double().square().sum().clamp_min(TINY)).float()


def needed(value: Tensor | None, term: str, what: str) -> Tensor:
    """The value, or a ConfigError that tells which part of the configuration has to bring it."""
    if value is None:
        raise ConfigError(f"the loss {term} needs {what}: choose another part under model.reconstructor, or set the term to null")
    return value


def nobody(values: Float[Tensor, "b *n"]) -> tuple[Float[Tensor, " b"], Bool[Tensor, " b"]]:
    """Value and flags of a term that speaks of no sample of this batch: zeros that still reach what `values` were made from (DDP)."""
    zeros = 0 * values.flatten(1).sum(dim=1)
    return zeros, torch.zeros_like(zeros, dtype=torch.bool)


def everyone(batch: Tensor) -> Bool[Tensor, " b"]:
    """A term that speaks of every sample."""
    return torch.ones(len(batch), dtype=torch.bool, device=batch.device)
