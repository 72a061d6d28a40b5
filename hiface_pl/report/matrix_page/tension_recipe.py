"""What a viewer has to know to compute vertex tension itself."""

from dataclasses import dataclass

from torch import nn

from hiface_pl.details.tension import RATIOS, SHORTEST, MeanTension, SplitTension, Tension

KINDS = {MeanTension: "mean", SplitTension: "split"}


@dataclass(frozen=True)
class TensionRecipe:
    """The numbers of details/tension.py: `kind` is mean or split. Which poles an edge's ratio counts for hangs on it."""

    kind: str
    gain_compressed: float
    gain_stretched: float
    dead_zone: float
    smoothing: int
    shortest: float = SHORTEST
    least: float = RATIOS[0]
    most: float = RATIOS[1]

    @classmethod
    def of(cls, tension: Tension) -> "TensionRecipe | None":
        """None for a kind that the viewer does not know: then its maps are sampled."""
        kind = KINDS.get(type(tension))
        if kind is None:
            return None
        return cls(kind, tension.gain_compressed, tension.gain_stretched, tension.dead_zone, tension.smoothing)


def recipe_of(head: nn.Module) -> TensionRecipe | None:
    """That of the only tension in a detail head; None where there is none, several or an unknown one."""
    found = [module for module in head.modules() if isinstance(module, Tension)]
    return TensionRecipe.of(found[0]) if len(found) == 1 else None
