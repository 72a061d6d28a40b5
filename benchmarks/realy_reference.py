"""Runs a checkout of REALY's public evaluator over a folder that benchmarks/realy.py has written, in a process of its own.

Called as `realy_reference.py CHECKOUT FOLDER`; the result is FOLDER/reference.json. The checkout is not touched: what NumPy 2 breaks, and
CHOLMOD where it is missing, are replaced in this process only.
"""

import json
import os
import sys
import time
from argparse import Namespace
from pathlib import Path
from types import ModuleType

import numpy as np
from scipy.sparse import csc_array, csc_matrix
from scipy.sparse.linalg import splu


class Factor:
    """What the evaluator calls of a CHOLMOD factor, by SciPy."""

    def __init__(self, rows) -> None:
        self._factor = splu(csc_array(rows @ rows.T), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})

    def __call__(self, right):
        return csc_matrix(self._factor.solve(right.toarray()))


def evaluator(checkout: Path) -> tuple[ModuleType, str]:
    """The evaluator's main module, able to run here, and the name of its solver."""
    sys.path.insert(0, str(checkout))
    try:
        import sksparse.cholmod  # noqa: F401, PLC0415 - the evaluator's own

        solver = "CHOLMOD"
    except ImportError:
        solver = "SuperLU"
        cholmod = ModuleType("sksparse.cholmod")
        cholmod.cholesky_AAt = Factor
        sys.modules["sksparse"], sys.modules["sksparse.cholmod"] = ModuleType("sksparse"), cholmod
    import main  # noqa: PLC0415
    from utils import NICP  # noqa: PLC0415

    NICP.int = lambda value: np.asarray(value).item()
    return main, solver


def timed(function, seconds: list[float]):
    """The function, adding the CPU time of each call to a list."""

    def call(*arguments, **named):
        start = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            seconds.append(time.process_time() - start)

    return call


def main() -> None:
    checkout, folder = (Path(argument).resolve() for argument in sys.argv[1:])
    module, solver = evaluator(checkout)
    rigid, nonrigid, whole, errors = [], [], 0.0, {}
    module.rICP_all, module.bi_eval = timed(module.rICP_all, rigid), timed(module.bi_eval, nonrigid)
    os.chdir(folder)  # it reads templates from ./data
    for predictions in sorted((folder / "predictions").iterdir()):
        mask = folder / "masks" / f"{predictions.name}.txt"
        settings = Namespace(
            REALY_HIFI3D_keypoints="REALY_HIFI3D_keypoints", REALY_scan_region="REALY_scan_region", scale_path="metrical_scale.txt",
            prediction=str(predictions), template_topology=predictions.name, template_mask=str(mask) if mask.exists() else None,
            save=f"reference/{predictions.name}",
        )  # fmt: skip
        start = time.process_time()
        module.REALY_eval_all(settings)
        whole += time.process_time() - start
        for line in (folder / settings.save / "REALY_error.txt").read_text().splitlines():
            name, _, *values = line.split("\t")
            errors[name] = [float(value) for value in values]
        seconds = {"whole": whole, "rigid": sum(rigid), "nonrigid": sum(nonrigid)}
        (folder / "reference.json").write_text(json.dumps({"errors": errors, "seconds": seconds, "solver": solver}))


if __name__ == "__main__":
    main()
