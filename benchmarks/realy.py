"""REALY's protocol beside its public evaluator: largest difference in mm and ratio of CPU times, one thread; the last line is JSON.

    python benchmarks/realy.py [--realy CHECKOUT] [--scans 2] [--seed 0]

Predictions and scans are made from the shipped face model, and from ICT-FaceKit where HIFACE_TEST_DATA has it: poses, units, topologies,
scans whose seam vertices are doubled, a mirrored and a masked prediction and other odd ones. Without a checkout only our own time is
shown. `speed_ratio` compares the whole work on a folder of meshes: reading files, all steps, and what the evaluator writes always.
`steps_ratio` compares the steps in memory. The evaluator's trees of boxes need the package rtree. `worker_mib` is the most memory that a
process of `--jobs` took, `keypoints_off_mm` how much the numbers of some of the meshes move when all keypoints lie half a millimetre off.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from realy_cases import Case, cases, loaded_models
from rich.console import Console
from rich.table import Table

from hiface_pl.data.open_scans.layout import SCALES, keypoints_path, region_path
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.protocol import evaluate_mesh
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.evaluation.realy.template_file import read_template
from hiface_pl.evaluation.realy.write_template import write_template
from hiface_pl.meshes.read_mesh import read_mesh
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from hiface_pl.processes import spread
from hiface_pl.report.benchmark import finish_benchmark

AGREEMENT, RATIO, MEMORY = 0.001, 20.0, 2048
"""Millimetres, times and MiB that are asked for."""
OFF, EVERY = 0.5, 4
"""Millimetres by which keypoints are moved, and of how many meshes one is measured with them."""
NO_FACES = np.zeros((0, 3), np.int32)
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def store(case: Case, subject: int, folder: Path) -> str:
    """Writes a case as files that both evaluators read; returns the template's name."""
    name, template = case.template.name, case.template
    if not (folder / "data" / f"{name}.obj").exists():
        write_template(template, folder / "data" / f"{name}.obj")
        if template.mask is not None:
            mask = folder / "masks" / f"{name}.txt"
            mask.parent.mkdir(exist_ok=True)
            mask.write_text("\n".join(str(int(kept)) for kept in template.mask))
    for part in (folder / "predictions" / name, folder / keypoints_path(subject).parent, folder / region_path(subject, "nose").parent):
        part.mkdir(parents=True, exist_ok=True)
    write_obj(TriangleMesh(case.vertices, template.triangles), folder / "predictions" / name / f"{subject}.obj")
    write_obj(TriangleMesh(case.scan.keypoints, NO_FACES), folder / keypoints_path(subject))
    for region, mesh in case.scan.regions.items():
        write_obj(mesh, folder / region_path(subject, region))
    with (folder / SCALES).open("a") as scales:
        scales.write(f"{case.scan.millimetres}\n")
    return name


class Ours:
    """Our evaluator over the same files, and its CPU time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._templates = folder, dict[str, Template]()
        self._benchmark = BenchmarkFolder(folder)
        self.whole = self.steps = 0.0
        self.parts: dict[str, float] = defaultdict(float)

    def read(self, template: str, subject: int) -> tuple[np.ndarray, Template, Scan]:
        if template not in self._templates:
            mask = self._folder / "masks" / f"{template}.txt"
            self._templates[template] = read_template(self._folder / "data" / f"{template}.obj", mask if mask.exists() else None)
        vertices = read_mesh(self._folder / "predictions" / template / f"{subject}.obj").vertices
        return vertices, self._templates[template], self._benchmark.scan(subject)

    def measure(self, template: str, subject: int) -> MeshErrors:
        start = time.process_time()
        mesh, read = self.read(template, subject), time.process_time()
        result = evaluate_mesh(*mesh)
        self.whole += time.process_time() - start
        self.steps += time.process_time() - read
        for part, seconds in result.seconds.items():
            self.parts[part] += seconds
        return result


def worker_memory(work: tuple[Path, list[str]]) -> int:
    """The most memory in MiB that this process took to measure all meshes."""
    ours = Ours(work[0])
    for subject, template in enumerate(work[1], 1):
        ours.measure(template, subject)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def keypoints_off(ours: Ours, templates: list[str], results: list[MeshErrors], seed: int) -> dict[str, float]:
    """Mean change of each region in mm when every keypoint of the scan lies `OFF` mm from where it is, in a direction of its own."""
    rng, changes = np.random.default_rng(seed), defaultdict(list)
    for subject in range(1, len(templates) + 1, EVERY):
        vertices, template, scan = ours.read(templates[subject - 1], subject)
        moves = rng.normal(size=scan.keypoints.shape)
        moves *= OFF / scan.millimetres / np.linalg.norm(moves, axis=1, keepdims=True)
        moved = evaluate_mesh(vertices, template, replace(scan, keypoints=scan.keypoints + moves))
        for region in Region:
            changes[str(region)].append(abs(moved.errors[region] - results[subject - 1].errors[region]))
    return {region: round(float(np.mean(values)), 3) for region, values in changes.items()}


def reference(checkout: Path, folder: Path) -> dict:
    """What the public evaluator says about the folder."""
    if not (checkout / "utils" / "NICP.py").is_file():
        sys.exit(f"{checkout} is no checkout of REALY's public evaluator: git clone https://github.com/czh-98/REALY and name its folder")
    if find_spec("rtree") is None:
        sys.exit("the public evaluator needs the package rtree: .venv/bin/pip install rtree")
    script = Path(__file__).with_name("realy_reference.py")
    subprocess.run([sys.executable, str(script), str(checkout), str(folder)], check=True, env={**os.environ, **THREADS})
    return json.loads((folder / "reference.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--realy", type=Path, help="checkout of https://github.com/czh-98/REALY")
    parser.add_argument("--scans", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = []
        for subject, case in enumerate(cases(loaded_models(os.environ.get("HIFACE_TEST_DATA")), arguments.scans, arguments.seed), 1):
            made.append((case.name, store(case, subject, folder)))
        ours = Ours(folder)
        ours.measure(made[0][1], 1)  # compiles
        ours = Ours(folder)
        templates = [template for _, template in made]
        results = [ours.measure(template, subject) for subject, template in enumerate(templates, 1)]
        theirs = reference(arguments.realy, folder) if arguments.realy else None
        with spread(worker_memory, [(folder, templates)], 1, "measures meshes", threads=1) as memory:
            more = {"worker_mib": next(memory), "keypoints_off_mm": keypoints_off(ours, templates, results, arguments.seed)}
    finish_benchmark("realy", more | report(made, results, ours, theirs, more["worker_mib"]), arguments.seed)


def report(made: list[tuple[str, str]], results: list[MeshErrors], ours: Ours, theirs: dict | None, memory: int) -> dict:
    """Prints the table; returns the record."""
    table = Table("case", *Region, "largest difference, mm", title="REALY, official mode, mm")
    differences = []
    for subject, ((name, _), result) in enumerate(zip(made, results, strict=True), 1):
        values = [result.errors[region] for region in Region]
        gap = max(abs(np.subtract(values, theirs["errors"][str(subject)]))) if theirs else None
        differences += [] if gap is None else [float(gap)]
        table.add_row(name, *(f"{value:.4f}" for value in values), "" if gap is None else f"{gap:.1e}")
    Console(width=140).print(table)
    count = len(results)
    record = {"meshes": count, "templates": len({template for _, template in made})}
    record |= {"whole_s": round(ours.whole / count, 3), "steps_s": round(ours.steps / count, 3)}
    record |= {"parts_s": {part: round(seconds / count, 4) for part, seconds in ours.parts.items()}}
    if theirs:
        seconds = theirs["seconds"]
        record |= {"max_difference_mm": max(differences), "speed_ratio": round(seconds["whole"] / ours.whole, 1)}
        record |= {"steps_ratio": round((seconds["rigid"] + seconds["nonrigid"]) / ours.steps, 1), "public_solver": theirs["solver"]}
        record |= {f"public_{part}_s": round(value / count, 2) for part, value in seconds.items()}
        fast = min(record["speed_ratio"], record["steps_ratio"]) >= RATIO
        record |= {"met": record["max_difference_mm"] <= AGREEMENT and fast and memory <= MEMORY}
    return record


if __name__ == "__main__":
    if THREADS.items() <= os.environ.items():
        main()
    else:  # linear algebra has read them by now: it would spin on the other cores, which counts as our time
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | THREADS)  # noqa: S606 - this script again
