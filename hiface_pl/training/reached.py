"""Which parameters the active losses reach, found before training by following one graph from the losses to its leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from hiface_pl.data.age import AGE_BINS
from hiface_pl.training.module import HiFaceModule
from hiface_pl.types import FaceBatch, Labels


def unreached_parameters(module: HiFaceModule) -> list[str]:
    """Names of the parameters that would be trained and get no gradient, because the losses that they serve are switched off.

    Holds for losses and networks whose graph does not depend on the data, as all of this package.
    """
    reached = reached_parameters(losses_of_a_grey_picture(module))
    return [name for name, parameter in module.named_parameters() if parameter.requires_grad and parameter not in reached]


def losses_of_a_grey_picture(module: HiFaceModule) -> Tensor:
    """The sum of all active terms on a batch of one, with every label. Nothing in the module changes."""
    size = module.reconstructor.image_size
    image = torch.full((1, 3, size, size), 0.5, device=module.device)
    with evaluating(module), torch.enable_grad():
        batch = FaceBatch(image, labels_like_its_own_answer(module, image), torch.zeros(1, dtype=torch.long, device=module.device))
        reconstruction = module(batch, module.losses.needs)
        terms = [loss(reconstruction, batch).value.sum() for _, loss in module.losses.active()]
    return torch.stack(terms).sum() if terms else image.new_zeros(())


def labels_like_its_own_answer(module: HiFaceModule, image: Tensor) -> Labels:
    """Labels of the right sizes that say that everything is known."""
    with torch.no_grad():
        answer = module.reconstructor(image)
    known = torch.ones(1, dtype=torch.bool, device=image.device)
    detail = module.reconstructor.assets.detail
    return Labels(
        *(known,) * 4,
        coefficients=answer.coefficients,
        compressed=image.new_zeros(1, len(detail.compressed.basis)),
        stretched=image.new_zeros(1, len(detail.stretched.basis)),
        age=image.new_full((1, AGE_BINS), 1 / AGE_BINS),
        landmarks=answer.landmarks,
        certainty=image.new_ones(1, 68),
        mask=torch.ones_like(image[:, :1]),
    )


def reached_parameters(value: Tensor) -> set[Tensor]:
    """The leaves of the graph that ends in `value`."""
    found: set[Tensor] = set()
    seen, waiting = set(), [value.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.add(node.variable)
        waiting += [following for following, _ in node.next_functions]
    return found


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode inside, and the former mode of every single part after."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
