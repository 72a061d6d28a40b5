"""A benchmark of small cut-outs of a smooth face, predictions of it, and a stand-in for the protocol that takes no time."""

import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np

from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.evaluate import Evaluation, evaluate_folder
from hiface_pl.evaluation.realy.keypoint_hash import keypoint_hash
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors, RegionFit
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj

ROWS, COLUMNS = 25, 23
UNIT = 9.0
"""Millimetres of one unit."""
CENTRES = {
    Region.NOSE: (0.0, 0.0, 0.4),
    Region.MOUTH: (0.0, -0.45, 0.45),
    Region.FOREHEAD: (0.0, 0.65, 0.85),
    Region.CHEEK: (0.0, -0.2, 1.0),
}


def surface() -> tuple[np.ndarray, np.ndarray]:
    """A face-like cap, y up, z out, in mm; two triangles a cell."""
    y, x = np.meshgrid(np.linspace(-1.1, 1.1, ROWS), np.linspace(-1, 1, COLUMNS), indexing="ij")
    z = 50 * (1 - 0.6 * x**2 - 0.3 * y**2) + 22 * np.exp(-20 * x**2 - 12 * (y + 0.05) ** 2)
    vertices = np.stack([70 * x, 90 * y, z], axis=-1).reshape(-1, 3)
    corner = (np.arange(ROWS - 1)[:, None] * COLUMNS + np.arange(COLUMNS - 1)).ravel()
    a, b, c, d = corner, corner + 1, corner + COLUMNS + 1, corner + COLUMNS
    return vertices, np.stack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)], axis=1).reshape(-1, 3).astype(np.int32)


def landmarks() -> np.ndarray:
    """Roughly where the 85 lie, x and y in the surface's own -1 to 1."""
    jaw = [(-0.9 * np.cos(t), -0.2 - 0.75 * np.sin(t)) for t in np.linspace(0, np.pi, 17)]
    brows = [(s * x, 0.5) for s, xs in ((-1, (0.75, 0.6, 0.45, 0.3, 0.15)), (1, (0.15, 0.3, 0.45, 0.6, 0.75))) for x in xs]
    nose = [(0, 0.3), (0, 0.2), (0, 0.1), (0, 0), *((x, -0.12) for x in (-0.2, -0.1, 0, 0.1, 0.2))]
    eye = np.array([(-0.17, 0), (-0.08, 0.05), (0.08, 0.05), (0.17, 0), (0.08, -0.04), (-0.08, -0.04)])
    mouth = [(0.35 * np.cos(t), -0.45 + 0.12 * np.sin(t)) for t in np.linspace(np.pi, -np.pi, 13)[:-1]]
    lips = [(0.25 * np.cos(t), -0.45 + 0.05 * np.sin(t)) for t in np.linspace(np.pi, -np.pi, 9)[:-1]]
    extra = [(x, y) for x in (-0.6, -0.4, 0.4, 0.6) for y in (-0.1, -0.3, -0.5, 0.1)] + [(0, -0.8)]
    return np.array([*jaw, *brows, *nose, *(eye - (0.45, -0.3)), *(eye - (-0.45, -0.3)), *mouth, *lips, *extra])


def template() -> Template:
    """The surface with the landmarks as barycentric points."""
    vertices, triangles = surface()
    places, corners = landmarks() * [70, 90], vertices[triangles][:, :, :2]
    rows, weights = np.empty(85, np.int32), np.empty((85, 3))
    for k, place in enumerate(places):
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        within = np.linalg.solve(np.stack([b - a, c - a], axis=-1), (place - a)[..., None])[..., 0]
        full = np.column_stack([1 - within.sum(axis=1), within])
        rows[k] = full.min(axis=1).argmax()
        weights[k] = full[rows[k]]
    weights[:, 2] = 1 - weights[:, 0] - weights[:, 1]
    return Template("cap", len(vertices), triangles, rows, weights, keypoint_hash(rows, weights), places=vertices)


def write_template(folder: Path) -> Path:
    """cap.obj and cap.txt."""
    cap = template()
    write_obj(TriangleMesh(cap.places, cap.triangles), folder / "cap.obj")
    rows = [[int(row), float(w[0]), float(w[1])] for row, w in zip(cap.keypoint_triangles, cap.keypoint_weights, strict=True)]
    (folder / "cap.txt").write_text(json.dumps(rows))
    return folder / "cap.obj"


def write_benchmark(folder: Path, subjects: int = 3) -> Path:
    """Scans are cut-outs of the surface, turned and in units of UNIT mm; images are named, not drawn."""
    vertices, triangles = surface()
    turned = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    places = vertices / [70, 90, 1]
    for subject in range(1, subjects + 1):
        scan = (vertices * (1 + 0.01 * subject)) @ turned.T / UNIT
        write_obj(TriangleMesh(template().keypoints(scan), np.empty((0, 3), np.int32)), folder / f"REALY_HIFI3D_keypoints/{subject}.obj")
        for region, (x, y, radius) in CENTRES.items():
            inside = np.hypot(places[:, 0] - x, places[:, 1] - y) < radius
            index = np.cumsum(inside) - 1
            kept = triangles[inside[triangles].all(axis=1)]
            write_obj(TriangleMesh(scan[inside], index[kept].astype(np.int32)), folder / f"REALY_scan_region/{subject}/{region}.obj")
        for name in (f"frontal/{subject}", *(f"side/{subject}_{k}" for k in (1, 2))):
            picture = folder / f"REALY_image/{name}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.touch()
    (folder / "metrical_scale.txt").write_text("".join(f"{UNIT}\n" for _ in range(subjects)))
    return folder


def write_predictions(folder: Path, names: list[str]) -> Path:
    """The surface in another size and pose, a little different under each name."""
    vertices, triangles = surface()
    for number, name in enumerate(names):
        bumps = np.sin(vertices * 0.05 + number) * 2
        write_obj(TriangleMesh((vertices + bumps) * 0.01 + [5, 0, 0], triangles), folder / f"{name}.obj")
    return folder


def quick_protocol(vertices, template, scan, mode, keep_fits):
    """Numbers that depend on every byte of the inputs and on nothing else, where the real protocol has distances."""
    seed = hashlib.sha256(vertices.tobytes() + scan.keypoints.tobytes() + str(mode).encode()).digest()
    rng = np.random.default_rng(list(seed))
    errors = {region: float(rng.random()) for region in Region}
    deviations = ("a keypoint lies far off",) if mode is Mode.STRICT else ()
    fits = {region: RegionFit(vertices, mesh, mesh.vertices, rng.random(len(mesh.vertices)) * 6) for region, mesh in scan.regions.items()}
    return MeshErrors(errors, deviations, {"rigid": time.perf_counter() % 1, "nonrigid": 0.1}, fits if keep_fits else None)


def slow_protocol(vertices, template, scan, mode, keep_fits):
    """The same, late."""
    time.sleep(0.3)
    return quick_protocol(vertices, template, scan, mode, keep_fits)


def evaluated(folder: Path, **options) -> Evaluation:
    """Evaluates benchmark/ and predictions/ of a folder into out/ by the stand-in."""
    settings = {"mode": Mode.OFFICIAL, "out": folder / "out", "protocol": quick_protocol, "template": template()} | options
    return evaluate_folder(BenchmarkFolder(folder / "benchmark"), folder / "predictions", **settings)


if __name__ == "__main__":
    # A process to kill: says how many meshes are measured.
    def tell(stage: str, done: int, _: int) -> None:
        print(done if stage == "measuring" else 0, flush=True)

    evaluated(Path(sys.argv[1]), jobs=int(sys.argv[2]), protocol=slow_protocol, progress=tell)
