"""Candidates for the two heavy parts of REALY's protocol on one system each: nearest points and the sparse solver; CPU time, one thread.

    python benchmarks/realy_candidates.py

None of the packages is needed: what is not installed is named as such. The system of the solver is that of a free level of the cheek,
the nearest points are those of the cheek's vertices on the prediction. Errors are the largest difference from the exact place, and from
our solution relative to its largest number. Best of several rounds.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

import time
from collections.abc import Callable
from importlib import import_module

import numpy as np
from realy_cases import Case, cases, loaded_models
from rich.console import Console
from rich.table import Table
from scipy.sparse import block_diag, coo_array, csc_array, kron
from scipy.sparse.linalg import splu

from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.global_fit import global_fit
from hiface_pl.evaluation.realy.merging import merged
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.nonrigid_system import AffineSystem
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.report.benchmark import finish_benchmark

ROUNDS, STIFFNESS = 5, 50.0
Outcome = tuple[float, float] | str
"""Milliseconds and error, or why there are none."""


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Milliseconds of the best round, and the result."""
    best = np.inf
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return 1e3 * best, np.asarray(result)


def outcome(work: Callable[[], Callable[[], np.ndarray]], expected: np.ndarray) -> Outcome:
    """What a candidate takes and how far it is off. `work` imports the package and returns what is timed."""
    try:
        milliseconds, found = timed(work())
    except ImportError as error:
        return f"cannot be imported: {error}"[:100]
    return round(milliseconds, 2), float(f"{np.abs(found - expected).max() / max(1.0, np.abs(expected).max()):.1e}")


def nearest_candidates(mesh: TriangleMesh, points: np.ndarray) -> dict[str, Outcome]:
    """A tree is built and all points are looked up, as after every movement of the prediction."""
    expected = SurfaceTree(mesh).closest(points).places
    tree = SurfaceTree(mesh)
    seeds = tree.closest(points).triangles

    def trimesh() -> Callable[[], np.ndarray]:
        import_module("rtree")
        package = import_module("trimesh")
        return lambda: package.Trimesh(mesh.vertices, mesh.triangles, process=False).nearest.on_surface(points)[0]

    def libigl() -> Callable[[], np.ndarray]:
        package = import_module("igl")
        return lambda: package.point_mesh_squared_distance(points, mesh.vertices, mesh.triangles.astype(np.int64))[2]

    def clouds() -> Callable[[], np.ndarray]:
        package = import_module("point_cloud_utils")

        def find() -> np.ndarray:
            _, faces, weights = package.closest_points_on_mesh(points, mesh.vertices, mesh.triangles)
            return np.einsum("nk,nkc->nc", weights, mesh.vertices[mesh.triangles[faces]])

        return find

    def open3d() -> Callable[[], np.ndarray]:
        package = import_module("open3d")

        def find() -> np.ndarray:
            scene, tensor = package.t.geometry.RaycastingScene(nthreads=1), package.core.Tensor
            scene.add_triangles(tensor(mesh.vertices.astype(np.float32)), tensor(mesh.triangles.astype(np.uint32)))
            return scene.compute_closest_points(tensor(points.astype(np.float32)), nthreads=1)["points"].numpy()

        return find

    return {
        "ours, new tree": outcome(lambda: lambda: SurfaceTree(mesh).closest(points).places, expected),
        "ours, turned tree and seeds": outcome(lambda: lambda: tree.turned(mesh.vertices + 0.0).closest(points, seeds).places, expected),
        "trimesh": outcome(trimesh, expected),
        "libigl": outcome(libigl, expected),
        "point-cloud-utils": outcome(clouds, expected),
        "open3d (embree, single precision)": outcome(open3d, expected),
        "embreex": "rays only: it has no nearest point",
    }


def solver_candidates(mesh: TriangleMesh) -> dict[str, Outcome]:
    """Numbers change and the system is solved anew for three right-hand sides, as in each solve of a level."""
    count = len(mesh.vertices)
    places, weights = np.column_stack([mesh.vertices, np.ones(count)]), np.ones(count)
    system = AffineSystem(mesh)
    expected = system.solve(STIFFNESS, np.ones(4), places, weights, mesh.vertices).reshape(-1, 3)
    matrix, right = _equations(mesh, places)

    def superlu() -> Callable[[], np.ndarray]:
        options = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}
        return lambda: splu(matrix, **options).solve(right)

    def pardiso() -> Callable[[], np.ndarray]:
        package = import_module("pypardiso")
        solver, rows = package.PyPardisoSolver(mtype=11), matrix.tocsr()

        def solve() -> np.ndarray:
            solver.factorize(rows)
            return solver.solve(rows, right)

        return solve

    def cholespy() -> Callable[[], np.ndarray]:
        package = import_module("cholespy")
        rows, columns = matrix.tocoo().coords

        def solve() -> np.ndarray:
            found = np.zeros_like(right)
            kind = package.MatrixType.COO
            package.CholeskySolverD(4 * count, rows.astype(np.int32), columns.astype(np.int32), matrix.tocoo().data, kind).solve(
                right, found
            )
            return found

        return solve

    def cholmod() -> Callable[[], np.ndarray]:
        package = import_module("sksparse.cholmod")
        factor = package.cholesky(matrix)

        def solve() -> np.ndarray:
            factor.cholesky_inplace(matrix)
            return factor(right)

        return solve

    return {
        "ours": outcome(lambda: lambda: system.solve(STIFFNESS, np.ones(4), places, weights, mesh.vertices).reshape(-1, 3), expected),
        "ours, with the analysis": outcome(
            lambda: lambda: AffineSystem(mesh).solve(STIFFNESS, np.ones(4), places, weights, mesh.vertices).reshape(-1, 3), expected
        ),
        "SciPy SuperLU": outcome(superlu, expected),
        "pypardiso": outcome(pardiso, expected),
        "cholespy": outcome(cholespy, expected),
        "scikit-sparse (CHOLMOD)": outcome(cholmod, expected),
    }


def _equations(mesh: TriangleMesh, places: np.ndarray) -> tuple[csc_array, np.ndarray]:
    edges = np.unique(np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    rows = np.tile(np.arange(len(edges)), 2)
    incidence = coo_array((np.repeat([1.0, -1.0], len(edges)), (rows, edges.T.ravel())), shape=(len(edges), len(places)))
    data = csc_array(block_diag(list(places[:, None])))
    stiff = kron(csc_array(incidence.T @ incidence), STIFFNESS**2 * np.eye(4), format="csc")
    return csc_array(stiff + data.T @ data), data.T @ mesh.vertices


def main() -> None:
    case: Case = next(cases(loaded_models(None), 1, 0))
    keypoints = case.scan.keypoints
    vertices = global_fit(case.vertices, case.template, keypoints, Deviations(Mode.OFFICIAL))
    region = merged(case.scan.regions[Region.CHEEK])
    parts = {
        "nearest points": nearest_candidates(TriangleMesh(vertices, case.template.triangles), region.vertices),
        "solver": solver_candidates(region),
    }
    table = Table("part", "candidate", "ms", "largest error", title=f"cheek, {len(region.vertices)} vertices")
    for part, found in parts.items():
        for name, values in found.items():
            table.add_row(part, name, *((values, "") if isinstance(values, str) else (f"{values[0]:.1f}", f"{values[1]:.0e}")))
    Console(width=140).print(table)
    finish_benchmark("realy-candidates", {"vertices": len(region.vertices), **parts}, 0)


if __name__ == "__main__":
    main()
