"""What `hiface-pl data prepare` takes: CPU time a photo, where it goes, and memory. The last line is JSON.

    python benchmarks/prepare.py [--photos 240] [--jobs 2]

Fetches the assets `perception` and `test-photos` once. The photos are scikit-image's astronaut and the fetched ones, each as JPEG in
several sizes and mirrored. Rates are CPU time: what workers of their own cores would reach. Memory is that of the worker processes, what
no file backs, at a third and at the end of the run.
"""

import argparse
import cProfile
import io
import os
import pstats
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.assets.fetch import fetch
from hiface_pl.assets.manifest import assets_named
from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.photos.face_maker import FaceMaker, Outcome
from hiface_pl.data.photos.perception import FETCHED, fetched_perception
from hiface_pl.data.photos.prepare import PrepareSettings, prepare
from hiface_pl.data.photos.sources import Source, find_sources
from hiface_pl.report.benchmark import finish_benchmark

STAGES = {
    "read": ("reading.py", "read"),
    "detect": ("mediapipe_landmarks.py", "find"),
    "cut": ("aligner.py", "cut"),
    "skin": ("oval_skin.py", "mask"),
    "identity": ("identity.py", "forward"),
    "age": ("age.py", "forward"),
    "pack": ("photo_record.py", "pack"),
}
"""Functions whose time is told, by file and name."""
SIDES = (512, 768, 1024)
PROFILED = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=int, default=240, help="how many (240)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    for entry in [*assets_named(["perception"]), *assets_named(["test-photos"])]:
        fetch(entry.name)
    with tempfile.TemporaryDirectory() as folder:
        write_photos(Path(folder) / "photos", arguments.photos)
        sources = find_sources([f"{folder}/photos"], 1, Path(folder) / "store")
        result = {**profiled(sources[:PROFILED]), **whole(sources, Path(folder) / "store", arguments.jobs)}
    table = Table("quantity", "value")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:g}")
    Console().print(table)
    finish_benchmark("prepare", result)


def write_photos(folder: Path, count: int) -> None:
    folder.mkdir()
    shown = [Image.fromarray(astronaut()), *test_photos()]
    for number in range(count):
        photo = shown[number % len(shown)]
        side = SIDES[number // len(shown) % len(SIDES)]
        size = (round(photo.width * side / max(photo.size)), round(photo.height * side / max(photo.size)))
        turned = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number // len(shown) // len(SIDES) % 2 else photo
        turned.resize(size).save(folder / f"{number:04d}.jpg", quality=90)


def test_photos() -> Iterator[Image.Image]:
    with tarfile.open(fetch("test-photos")) as archive:
        for name in archive.getnames():
            if "/test_images/" in name and name.endswith(".jpg") and "partial" not in name:
                yield Image.open(io.BytesIO(archive.extractfile(name).read())).convert("RGB")  # type: ignore[union-attr]


def profiled(sources: list[Source]) -> dict[str, float]:
    """CPU ms a photo in one process on one thread, and the part of each stage, after photos that are not counted."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    settings = PrepareSettings().meta(sources, FETCHED)
    maker = FaceMaker(fetched_perception(), settings.image_size, settings.limits)
    for source in sources[:5]:
        maker.make(source)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    outcomes = [maker.make(source) for source in sources]
    profile.disable()
    stats = pstats.Stats(profile)
    spent = {name: times[3] for name, times in named(stats).items()}
    result = {"profiled_photos": len(outcomes), "profiled_faces": sum(len(outcome.records) for outcome in outcomes)}
    result |= {f"{name}_ms": round(1000 * seconds / len(sources), 1) for name, seconds in spent.items()}
    total = 1000 * stats.total_tt / len(sources)  # type: ignore[attr-defined]
    return result | {"all_ms": round(total, 1), "photos_per_core_second": round(1000 / total, 1)}


def named(stats: pstats.Stats) -> dict[str, tuple]:
    """The profile's rows of STAGES."""
    rows = {(Path(file).name, function): times for (file, _, function), times in stats.stats.items()}  # type: ignore[attr-defined]
    return {stage: rows[place] for stage, place in STAGES.items()}


def whole(sources: list[Source], store: Path, jobs: int) -> dict[str, float]:
    """A whole run: CPU time of all processes a photo, start included, and memory of the workers."""
    memory: dict[int, float] = {}

    def told(done: int, _: Outcome | None) -> None:
        if done in {len(sources) // 3, len(sources) - 4 * jobs * 8}:
            memory[done] = sum(memory_mib(pid) for pid in children())

    before, start = os.times(), time.perf_counter()
    report = prepare(store, sources, PrepareSettings().meta(sources, FETCHED), LocalEngine(jobs), told)
    after, clock = os.times(), time.perf_counter() - start
    ours, theirs = after.user + after.system - before.user - before.system, sum(after[2:4]) - sum(before[2:4])
    early, late = memory.values()
    return {
        "photos": len(sources),
        "faces": report.faces,
        "jobs": jobs,
        "worker_cpu_ms": round(1000 * theirs / len(sources), 1),
        "writer_cpu_ms": round(1000 * ours / len(sources), 1),
        "photos_a_second_own_cores": round(jobs * len(sources) / theirs, 1),
        "photos_a_second_clock": round(len(sources) / clock, 1),
        "bytes_a_face": round((store / "data.mdb").stat().st_size / report.faces),
        "workers_mib": round(late, 1),
        "workers_growth_mib": round(late - early, 1),
    }


def children() -> list[int]:
    """The processes that this one started."""
    listed = [thread / "children" for thread in Path("/proc/self/task").iterdir()]
    return [int(pid) for file in listed for pid in file.read_text().split()]


def memory_mib(pid: int) -> float:
    """Memory of a process that no file backs."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))) / 1024


if __name__ == "__main__":
    main()
