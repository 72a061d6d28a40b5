"""`hiface-pl matrix run|status|resume|table`: what the arguments are. The work is in matrix_actions."""

import argparse
from pathlib import Path

from hiface_pl.cli.scale_flag import SCALE_FLAG

RUNS = Path("runs/matrix")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="run|status|resume|table")
    run = actions.add_parser("run", help="train and test rows, and what they start from first", allow_abbrev=False)
    run.add_argument("rows", nargs="+", metavar="ROW", help="names such as sd2, table1 or ablations for all of them, or YAML files")
    run.add_argument("--over", type=Path, action="append", default=[], metavar="YAML", help="a file that counts after each row's own")
    run.add_argument("--beside", action="store_true", help="the whole method (hiface_d) too, and both rows side by side at the end")
    resume = actions.add_parser("resume", help="go on with all rows that were begun and are not done", allow_abbrev=False)
    for each in (run, resume):
        each.add_argument("--jobs", type=int, help="rows at once (1; with ray, as the cluster can)")
        each.add_argument("--engine", default="local", help="local, ray (a running Ray cluster) or a class path (local)")
        each.add_argument("--data-jobs", type=int, default=2, help="processes that make missing faces (2)")
    status = actions.add_parser("status", help="show how far each row is", allow_abbrev=False)
    table = actions.add_parser("table", help="show and write what rows measured, beside what the paper says", allow_abbrev=False)
    table.add_argument("rows", nargs="*", metavar="ROW", help="names of rows; all that are there without")
    table.add_argument("--also", type=Path, action="append", default=[], metavar="FILE", help="another row.json, from wherever")
    table.add_argument("--out", type=Path, metavar="DIR", help="where table.md, table.csv and table.json go (RUNS/SCALE)")
    table.add_argument(
        "--into",
        type=Path,
        action="append",
        default=[],
        metavar="PAGE",
        help="a Markdown page whose `<!-- matrix table: scans -->` to fill",
    )
    for each in (run, resume, status, table):
        each.add_argument(SCALE_FLAG, default="mini", metavar="NAME", help="mini (default) for two CPU cores, or paper")
        each.add_argument("--seed", type=int, nargs="+", default=[], metavar="N", help="seeds (0 for run, all for the others)")
        each.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help=f"folder of all rows ({RUNS})")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code. Raises HifaceError."""
    from hiface_pl.cli import matrix_actions  # noqa: PLC0415 - only when called

    action = {"run": matrix_actions.run, "resume": matrix_actions.resume, "status": matrix_actions.status, "table": matrix_actions.table}
    return action[arguments.action](arguments)
