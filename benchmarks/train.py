"""Where the time of a training step goes, and how fast it is beside the bare encoder; the last line is JSON.

    python benchmarks/train.py [--scale mini --scale paper] [--device cpu|cuda] [--batch N] [--precision bf16-mixed] [--rounds N]

`mini` is `experiments/full.yaml` with `experiments/scale/mini.yaml`, `paper` is `experiments/full.yaml` with random instead of ImageNet
weights (speed does not depend on them, nothing is downloaded) and few samples a step. Both run in Lightning's own training loop, with the
recipe's losses, clipping, averaged weights and optimiser, on a small store of synthetic faces that is made on the first call and read in
the training process, so its part counts in full. The bare encoder's forward and backward are timed between the steps, so that both meet
the same machine. On CPUs: one thread, process CPU time, the best of the rounds, so that other jobs disturb it little. On CUDA: the clock
after the device has finished; parts are timed in a run of their own, since their clock makes the host wait.
"""

import argparse
import math
import resource
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning
import torch
from jsonargparse import ArgumentParser
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.utils.data import DataLoader, RandomSampler
from typing_extensions import override

from hiface_pl.cli.composition import compose
from hiface_pl.data.augment import Augmentation
from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthesize import write_store
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.paths import home
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.synthesis.generator import VERSION, Generator
from hiface_pl.training.geometry_pretraining import GeometryPretraining
from hiface_pl.training.module import HiFaceModule

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
SEED = 0
WARM_UP = 3
TARGETS = {"mini": 0.6, "paper": 0.8}
ON_GPU = 0.8
SCRATCH = {"class_path": "hiface_pl.encoders.weights.Scratch"}
ORDER = ("data", "encoder", "shape", "detail", "render", "losses", "backward", "optimiser")


@dataclass(frozen=True)
class Scale:
    """One recipe: its files, batch sizes on CPU and GPU, and how many samples its store has."""

    files: tuple[str, ...]
    batch: dict[str, int]
    random_weights: bool
    samples: int


SCALES = {
    "mini": Scale(("full.yaml", "scale/mini.yaml"), {"cpu": 32, "cuda": 256}, random_weights=False, samples=64),
    "paper": Scale(("full.yaml",), {"cpu": 8, "cuda": 40}, random_weights=True, samples=16),
}


@dataclass
class Clock:
    """Seconds of CPU time on CPUs, of a finished device elsewhere; `add` books what passed since the last call."""

    device: str
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    last: float = 0.0

    def now(self) -> float:
        """Seconds since some moment."""
        if self.device == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    def add(self, part: str) -> None:
        """Books the time since the last call as `part`."""
        now = self.now()
        self.spent[part] += now - self.last
        self.last = now


class StepParts(lightning.Callback):
    """Times every step of a fit; with `parts`, also what it consists of, by hooks on the network's modules."""

    def __init__(self, device: str, bare: Callable[[], None], *, parts: bool) -> None:
        self.clock = Clock(device)
        self.bare = bare
        self.parts = parts
        self.steps: list[dict[str, float]] = []
        self.began = 0.0

    @override
    def on_fit_start(self, trainer: lightning.Trainer, pl_module: HiFaceModule) -> None:
        network = pl_module.reconstructor
        if self.parts:
            self._watch(network.encoder, "encoder", before="data and loop")
            self._watch(network.shape, "shape")
            self._watch(network.detail, "detail")
            self._watch(network.renderer, "render")
            self._watch(pl_module.losses, "losses")

    @override
    def on_train_batch_start(self, trainer: lightning.Trainer, pl_module: HiFaceModule, batch: Any, batch_idx: int) -> None:
        self._mark("data")

    @override
    def on_before_backward(self, trainer: lightning.Trainer, pl_module: HiFaceModule, loss: torch.Tensor) -> None:
        self._mark("loop")

    @override
    def on_after_backward(self, trainer: lightning.Trainer, pl_module: HiFaceModule) -> None:
        self._mark("backward")

    @override
    def on_train_batch_end(self, trainer: lightning.Trainer, pl_module: HiFaceModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        """The end of a step: what came after the backward pass is optimiser, clipping and averaging."""
        self._mark("optimiser")
        now = self.clock.last if self.parts else self.clock.now()
        self.bare()
        ended = self.clock.now()
        self.steps.append({"whole": now - self.began, "bare": ended - now, **self.clock.spent})
        self.clock.spent.clear()
        self.clock.last = self.began = ended

    def best(self) -> dict[str, float]:
        """The least of each part over the steps after the first few, ms."""
        steps = self.steps[WARM_UP:]
        return {name: 1000 * min(step.get(name, math.inf) for step in steps) for name in steps[0]}

    def _mark(self, part: str) -> None:
        if self.parts:
            self.clock.add(part)

    def _watch(self, module: nn.Module, part: str, before: str = "loop") -> None:
        module.register_forward_pre_hook(lambda *_: self.clock.add("loop" if before != part else part))
        module.register_forward_hook(lambda *_: self.clock.add(part))


class Bench:
    """One scale on one device."""

    def __init__(self, name: str, device: str, batch: int | None, precision: str | None, rounds: int) -> None:
        self.scale, self.device, self.rounds = SCALES[name], device, rounds
        self.batch = batch or self.scale.batch[device]
        content = compose([text for file in self.scale.files for text in ("--config", str(EXPERIMENTS / file))]).content
        if self.scale.random_weights:
            content["model"]["reconstructor"]["encoder"]["init_args"]["weights"] = SCRATCH
        content["model"]["losses"] |= dict.fromkeys(("recognition", "detected_landmark"))  # of photos, which are not timed here
        self.trainer_settings = content["trainer"] | {"max_steps": WARM_UP + rounds, "max_epochs": -1, "logger": False}
        self.trainer_settings |= {"accelerator": device, "devices": 1, "strategy": "auto", "enable_checkpointing": False}
        self.trainer_settings |= {"enable_progress_bar": False, "limit_val_batches": 0, "default_root_dir": tempfile.gettempdir()}
        self.trainer_settings |= {} if precision is None else {"precision": precision}
        self.image_size = content["data"]["init_args"]["image_size"]
        lightning.seed_everything(SEED, verbose=False)
        self.module: HiFaceModule = built(HiFaceModule, content["model"])
        self.image = torch.rand(self.batch, 3, self.image_size, self.image_size, device=device)

    def result(self) -> dict[str, Any]:
        """Everything that is measured; times in ms a step."""
        parts = self.fit(parts=True).best()
        timed = parts if self.device == "cpu" else self.fit(parts=False).best()
        whole, encoder = timed["whole"], timed["bare"]
        parts = {name: value for name, value in parts.items() if name not in {"whole", "bare"}}
        ordered = {name: parts.pop(name) for name in ORDER if name in parts}
        ordered["trainer"] = sum(parts.values())
        return {
            "batch": self.batch,
            "precision": str(self.trainer_settings.get("precision", "32-true")),
            "step_ms": round(whole, 1),
            "encoder_ms": round(encoder, 1),
            "ratio": round(encoder / whole, 3),
            "images_per_second": round(1000 * self.batch / whole, 1),
            "peak_mib": peak_mib(self.device),
            "parts": {name: round(value, 2) for name, value in ordered.items()},
        }

    def fit(self, *, parts: bool) -> StepParts:
        """Some steps of the recipe, in Lightning's loop."""
        clock = StepParts(self.device, self.bare_encoder, parts=parts)
        trainer: lightning.Trainer = built(lightning.Trainer, self.trainer_settings)
        for callback in trainer.callbacks:
            if isinstance(callback, GeometryPretraining):
                callback.done = True  # seconds before the first image, no part of a step
        trainer.callbacks.append(clock)
        dataset = SyntheticDataset(SampleStore(store(self.image_size, self.scale.samples)))
        augmented = AugmentedModule(dataset, self.batch, WARM_UP + self.rounds)
        trainer.fit(self.module, augmented)
        return clock

    def bare_encoder(self) -> None:
        """Forward and backward of the encoder alone on one ready batch, in the precision of the recipe."""
        encoder = self.module.reconstructor.encoder
        weights = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        mixed = str(self.trainer_settings.get("precision")) == "bf16-mixed"
        with torch.autocast(self.device, torch.bfloat16, enabled=mixed):
            found = encoder.forward(self.image)  # past the hooks that time it as a part of the step
        known = found.coefficients
        outputs = [known.identity, known.expression, known.static, known.albedo, known.lighting, known.pose.rotation]
        outputs += [known.pose.translation] + ([] if found.dense is None else [found.dense])
        torch.autograd.grad(outputs, weights, [torch.ones_like(output) for output in outputs], allow_unused=True)


class AugmentedModule(lightning.LightningDataModule):
    """Random samples of a small store, as many batches as asked for, augmented like the recipe's."""

    def __init__(self, dataset: SyntheticDataset, batch: int, batches: int) -> None:
        super().__init__()
        self.dataset, self.batch, self.batches = dataset, batch, batches
        self.augmentation = Augmentation(seed=SEED)

    def train_dataloader(self) -> DataLoader:
        sampler = RandomSampler(self.dataset, replacement=True, num_samples=self.batch * self.batches)
        pinned = torch.cuda.is_available()
        return DataLoader(self.dataset, self.batch, sampler=sampler, collate_fn=self.dataset.collate, pin_memory=pinned)

    @override
    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        return self.augmentation(batch, 0)


def built(kind: Callable[..., Any], settings: dict[str, Any]) -> Any:
    """An object of a class with these settings, which may name classes themselves."""
    parser = ArgumentParser()
    parser.add_class_arguments(kind, "built")
    return parser.instantiate(parser.parse_object({"built": settings})).built


def store(image_size: int, samples: int) -> Path:
    """A small store, made by the generator where there is none yet."""
    path = home() / "benchmarks" / f"train-{samples}-{image_size}px-v{VERSION}"
    if not path.exists():
        Console(stderr=True).print(f"making {samples} faces of {image_size} pixels for this benchmark, once")
        write_store(path, lambda: Generator(face_assets(OpenFace().load()), image_size, SEED, "train"), samples)
    return path


def peak_mib(device: str) -> int:
    """The most memory that was in use: resident on CPUs, allocated on CUDA."""
    if device == "cuda":
        return round(torch.cuda.max_memory_allocated() / 2**20)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def show(results: dict[str, dict[str, Any]], device: str) -> None:
    """The table for people."""
    table = Table("ms a step", *(f"{name}, batch {result['batch']}" for name, result in results.items()), title=f"Training step, {device}")
    for part in (*ORDER, "trainer"):
        table.add_row(part, *(f"{result['parts'].get(part, 0):.1f}" for result in results.values()))
    table.add_section()
    for key, label in (("step_ms", "whole step"), ("encoder_ms", "bare encoder, forward and backward"), ("images_per_second", "images/s")):
        table.add_row(label, *(f"{result[key]:.1f}" for result in results.values()))
    targets = [ON_GPU if device == "cuda" else TARGETS[name] for name in results]
    pairs = zip(results.values(), targets, strict=True)
    table.add_row("bare encoder / whole step", *(f"{result['ratio']:.2f} (target {target})" for result, target in pairs))
    table.add_row("peak memory, MiB", *(str(result["peak_mib"]) for result in results.values()))
    Console().print(table)
    if any(SCALES[name].random_weights for name in results):
        Console().print("paper: ResNet-50 with random weights, because only its speed matters here")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scale", choices=list(SCALES), action="append")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--precision", help="Lightning's name; the recipe's by default, bf16-mixed on CUDA")
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*does not have many workers.*|.*limit_val_batches.*|.*treespec.*|.*LeafSpec.*")
    torch.set_num_threads(1)
    precision = given.precision or ("bf16-mixed" if given.device == "cuda" else None)
    results = {}
    for name in given.scale or SCALES:
        rounds = given.rounds or (50 if given.device == "cuda" else {"mini": 12, "paper": 4}[name])
        results[name] = Bench(name, given.device, given.batch, precision, rounds).result()
    show(results, given.device)
    summary = {f"{name}_{key}": value for name, result in results.items() for key, value in result.items()}
    finish_benchmark("train", {"device": given.device} | summary, SEED)


if __name__ == "__main__":
    main()
