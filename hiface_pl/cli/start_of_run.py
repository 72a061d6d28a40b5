"""What a fit starts from, looked for before anything is built."""

from jsonargparse import ArgumentParser, Namespace

from hiface_pl.errors import ConfigError
from hiface_pl.training.starts.base import Start, StartingPoint


def starting_point(config: Namespace) -> StartingPoint | None:
    """The weights that `init_from` names, None where it names none. Raises CheckpointError where they are not there.

    Raises ConfigError where a network is to keep the coarse shape of a trained one and none is named.
    """
    if config.init_from is not None:
        parser = ArgumentParser()
        parser.add_subclass_arguments(Start, "init_from")
        start: Start = parser.instantiate(Namespace(init_from=config.init_from)).init_from
        return StartingPoint(start.path(config.runs, config.scale), start.parts)
    if config.model.reconstructor.get("init_args", {}).get("frozen_coarse"):
        raise ConfigError(
            "model.reconstructor.frozen_coarse keeps the coarse shape of a trained network, and none is named: give one under init_from, "
            "as experiments/table1/hiface_d_wo_static.yaml does"
        )
    return None
