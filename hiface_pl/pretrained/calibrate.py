"""A last step for a network that reads wrinkles: puts a `PosteriorEncoder` around the trained one and measures its constants. No gradients.

python -m hiface_pl.pretrained.calibrate WEIGHTS STORE --out FILE
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from rich.progress import track

from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.encoders.posterior import PosteriorEncoder
from hiface_pl.encoders.unwrapped import UnwrappedEncoder
from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.loading import read_stored
from hiface_pl.training.probe import take_probe
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.weight_file import halved, write_weight_file
from hiface_pl.training.wrinkle_calibration import calibrate
from hiface_pl.types import FaceBatch

BATCH = 20
ENCODER, READER = "encoder.", "encoder.reader."


def main() -> None:
    """Writes the calibrated network; `hiface-pl export` then adds scores and facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="checkpoint or weight file of a network with an UnwrappedEncoder")
    parser.add_argument("store", type=Path, help="synthetic samples of the training split")
    parser.add_argument("--count", type=int, default=600, help="how many of them, the first ones")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    stored = wrapped(read_stored(arguments.weights))
    network = _network(stored)
    encoder = network.encoder
    if not isinstance(encoder, PosteriorEncoder):
        raise ConfigError(f"{arguments.weights} was not wrapped")
    calibrate(encoder, network.assets, _batches(arguments.store, arguments.count))
    weights = halved(network.state_dict())
    network.load_state_dict(weights)
    write_weight_file(replace(stored, weights=weights, probe=take_probe(network)), arguments.out)


def wrapped(stored: StoredReconstructor) -> StoredReconstructor:
    """The same network as the reader of a PosteriorEncoder, which still lacks its constants. Raises ConfigError for other encoders."""
    config = json.loads(stored.record.config)
    reader = config["init_args"]["encoder"]
    if reader["class_path"] != _path(UnwrappedEncoder):
        raise ConfigError(f"{stored.path} has a {reader['class_path']}, but wrinkles are weighed around an {_path(UnwrappedEncoder)}")
    config["init_args"]["encoder"] = {"class_path": _path(PosteriorEncoder), "init_args": {"reader": reader}}
    weights = {READER + name.removeprefix(ENCODER) if name.startswith(ENCODER) else name: value for name, value in stored.weights.items()}
    return replace(stored, record=replace(stored.record, config=json.dumps(config)), weights=weights, probe={})


def _network(stored: StoredReconstructor) -> Reconstructor:
    network = stored.built()
    missing, unexpected = network.load_state_dict(stored.weights, strict=False)
    trained = [name for name in missing if not name.startswith(ENCODER) or name.startswith(READER)]
    if unexpected or trained:
        raise CheckpointError(f"the weights in {stored.path} do not fit the network: {', '.join([*unexpected, *trained][:3])}")
    return network.eval()


def _batches(store: Path, count: int) -> Iterator[FaceBatch]:
    data = SyntheticDataset(store)
    if len(data) < count:
        raise ConfigError(f"{store} has {len(data)} samples, fewer than --count {count}: draw more with `hiface-pl data synth`")
    for first in track(range(0, count, BATCH), "measuring", transient=True):
        yield data.collate([data[index] for index in range(first, min(count, first + BATCH))])


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
