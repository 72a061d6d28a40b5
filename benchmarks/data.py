"""How fast samples are made and read, and what they take; the last line is JSON.

    python benchmarks/data.py [--size 112 --size 224] [--read 112] [--store FOLDER] [--samples 6000] [--skip-making]

Making: CPU time of one thread, the best of the rounds. Reading: a data loader with 0, 1 and 2 processes over shuffled samples of a store,
as training reads them. `own_cores` is what the CPU time of each process says: samples a second if every process had a core of its own;
`clock` is what was seen on this machine with whatever else ran on it. Memory is what no file backs, of all processes together.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, RandomSampler

from hiface_pl.data.engines.work import Work
from hiface_pl.data.estimate import estimate
from hiface_pl.data.synthesize import write_store
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.encoders.efficientnet_lite0 import EfficientNetLite0
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.paths import home
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.synthesis.generator import VERSION, Generator

SEED = 0
ROUNDS = 3
BATCH = 64
STORED = 768
WARM_UP = 4
"""Batches before anything is counted: processes start, pages come in."""
MAKING = {112: 40.0, 224: 15.0}
"""Samples a second of one core that are asked for."""
READING = 3000.0
"""Samples a second with two processes that are asked for."""
ENCODER_FACTOR = 4.0
"""How many times faster than the encoder's forward and backward reading has to be."""


@dataclass(frozen=True)
class Reading:
    """One pass: samples a second and microseconds of CPU a sample of the training process and of the loader processes together."""

    own_cores: float
    clock: float
    training_us: float
    loaders_us: float
    growth_mib: float
    total_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, action="append", help="image sizes to make (112, 224)")
    parser.add_argument("--read", type=int, default=112, help="image size to read")
    parser.add_argument("--store", type=Path, help="a store to read instead of a small one made for this")
    parser.add_argument("--samples", type=int, default=6000, help="samples read in a pass")
    parser.add_argument("--skip-making", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {} if arguments.skip_making else {size: making(size) for size in arguments.size or [112, 224]}
    dataset = SyntheticDataset(arguments.store or small_store(arguments.read))
    read = {workers: reading(dataset, workers, arguments.samples) for workers in (0, 1, 2)}
    eaten = encoder_rate(dataset.store.meta.image_size)
    show(made, read, eaten)
    result = {
        "making": {str(size): values for size, values in made.items()},
        "reading": {str(workers): rounded(asdict(found)) for workers, found in read.items()},
        "image_size_read": dataset.store.meta.image_size,
        "encoder_images_per_second": round(eaten, 1),
        "reading_over_encoder": round(read[2].own_cores / (2 * eaten), 1),
        "load": round(os.getloadavg()[0], 1),
        "met": {
            **{f"making {size}": made[size]["per_core_second"] >= MAKING.get(size, 0) for size in made},
            "reading": read[2].own_cores >= READING,
            "encoder": read[2].own_cores >= ENCODER_FACTOR * 2 * eaten,
        },
    }
    finish_benchmark("data", result, SEED)


def making(size: int) -> dict[str, float]:
    """The best round of what --dry-run measures."""
    work = Work.of(partial(generator, size), 10_000)
    found = min((estimate(work) for _ in range(ROUNDS)), key=lambda round_: round_.cpu_ms)
    return rounded({"per_core_second": 1000 / found.cpu_ms, "cpu_ms": found.cpu_ms, "bytes_a_sample": found.bytes_a_sample})


def generator(size: int) -> Generator:
    """Draws the open face model."""
    return Generator(face_assets(OpenFace().load()), size, SEED, "train")


def small_store(size: int) -> Path:
    """A store to read, made where there is none yet."""
    path = home() / "benchmarks" / f"data-{STORED}-{size}px-v{VERSION}"
    if not path.exists():
        Console(stderr=True).print(f"making {STORED} faces of {size} pixels for this benchmark, once")
        write_store(path, partial(generator, size), STORED)
    return path


def reading(dataset: SyntheticDataset, workers: int, samples: int) -> Reading:
    """One epoch of `samples` samples, unpacked in the training process as training on a CPU does it."""
    order = RandomSampler(dataset, replacement=True, num_samples=samples + WARM_UP * BATCH, generator=torch.Generator().manual_seed(SEED))
    loader = DataLoader(dataset, BATCH, sampler=order, num_workers=workers, collate_fn=dataset.pack, drop_last=True)
    batches = iter(loader)
    count = take(batches, WARM_UP)
    pids = [os.getpid(), *(process.pid or 0 for process in multiprocessing.active_children())]
    start, before = time.perf_counter(), [cpu_seconds(pid) for pid in pids]
    count = take(batches, samples // BATCH // 4)
    early = sum(memory_mib(pid) for pid in pids)
    count += take(batches, samples // BATCH - samples // BATCH // 4)
    clock = time.perf_counter() - start
    used = [cpu_seconds(pid) - former for pid, former in zip(pids, before, strict=True)]
    late = sum(memory_mib(pid) for pid in pids)
    ours, theirs = used[0] / count, sum(used[1:]) / count
    slowest = max(ours, theirs / workers) if workers else ours
    return Reading(1 / slowest, count / clock, 1e6 * ours, 1e6 * theirs, late - early, late)


def take(batches: Iterator[Any], number: int) -> int:
    """How many samples these many batches hold, unpacked."""
    return sum(len(next(batches).unpack().index) for _ in range(number))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Memory of a process that no file backs, its part of what it shares: the map of the store is the system's cache and does not count."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))) / 1024


def encoder_rate(size: int) -> float:
    """Images a second that forward and backward of the mini scale's encoder take on one core."""
    network = EfficientNetLite0().train()
    images, best = torch.rand(8, 3, size, size), float("inf")
    for _ in range(ROUNDS + 1):
        start = time.process_time()
        network(images).sum().backward()
        best = min(best, time.process_time() - start)
    return len(images) / best


def rounded(values: dict[str, float]) -> dict[str, float]:
    """One figure after the point."""
    return {name: round(value, 1) for name, value in values.items()}


def show(made: dict[int, dict[str, float]], read: dict[int, Reading], eaten: float) -> None:
    """The tables for people."""
    table = Table("pixels", "samples / core second", "CPU ms", "bytes", title="Making")
    for size, values in made.items():
        table.add_row(str(size), *(f"{values[name]:,.1f}" for name in ("per_core_second", "cpu_ms", "bytes_a_sample")))
    Console().print(table)
    columns = ("processes", "own cores", "clock", "training us", "loaders us", "growth MiB", "MiB")
    table = Table(*columns, title="Reading: samples a second, CPU a sample, memory")
    for workers, found in read.items():
        table.add_row(str(workers), *(f"{value:,.0f}" for value in asdict(found).values()))
    Console().print(table, f"the encoder eats {eaten:.1f} images a second on one core")


if __name__ == "__main__":
    main()
