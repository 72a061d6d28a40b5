"""Procrustes alignment of batches of corresponding point sets: rigid (rotation, translation) and similarity (scale too)."""

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.errors import EvaluationError


def align_rigid(source: Float[Tensor, "b n 3"], target: Float[Tensor, "b n 3"], weights: Float[Tensor, " n"]) -> Float[Tensor, "b n 3"]:
    """`source` turned and moved onto `target` with the least weighted sum of squared distances; scale is kept, mirroring never happens.

    Raises EvaluationError for points that are not finite: a failed alignment has no score.
    """
    return _align(source, target, weights, scaled=False)


def align_similarity(
    source: Float[Tensor, "b n 3"], target: Float[Tensor, "b n 3"], weights: Float[Tensor, " n"]
) -> Float[Tensor, "b n 3"]:
    """Like `align_rigid`, with the best scale as well. A source that is one point has no scale and keeps 1."""
    return _align(source, target, weights, scaled=True)


def vertex_distance(first: Float[Tensor, "b n 3"], second: Float[Tensor, "b n 3"], weights: Float[Tensor, " n"]) -> Float[Tensor, " b"]:
    """Weighted mean distance of corresponding points, in their unit."""
    return (first - second).norm(dim=-1) @ weights / weights.sum()


def _align(source: Tensor, target: Tensor, weights: Tensor, scaled: bool) -> Tensor:
    if not (source.isfinite().all() and target.isfinite().all()):
        raise EvaluationError(
            "a mesh to be measured has vertices that are not finite: look at the training log before the checkpoint was written"
        )
    share = (weights / weights.sum())[:, None]
    source_centre, target_centre = (share * source).sum(dim=1, keepdim=True), (share * target).sum(dim=1, keepdim=True)
    moved, aim = source - source_centre, target - target_centre
    left, spread, right = torch.linalg.svd((share * moved).transpose(1, 2) @ aim)
    handed = torch.ones_like(spread)
    handed[:, 2] = torch.sign(torch.det(left) * torch.det(right))  # the last axis flips rather than mirroring the face
    turned = moved @ (left * handed[:, None]) @ right
    if scaled:
        size = (share * moved.square()).sum(dim=(1, 2))
        factor = (spread * handed).sum(dim=1) / size.clamp_min(torch.finfo(size.dtype).tiny)
        turned = turned * torch.where(size > 0, factor, torch.ones_like(factor))[:, None, None]
    return turned + target_centre
