"""Scores of a network on an open scan set, as loggers, the terminal and scores.json take them."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from hiface_pl.evaluation.realy.comparison_table import comparison_table
from hiface_pl.evaluation.realy.evaluate import Evaluation
from hiface_pl.evaluation.realy.mesh_kind import MeshKind
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.result_files import summary_content

PREFIX = "realy"
"""What logged names begin with. It names the protocol: the scans are open-scans, and no number under it is a REALY result."""
BENCHMARK = "open-scans, REALY protocol"
"""What a logger is told about the names under PREFIX."""


@dataclass(frozen=True)
class ScanScores:
    """An evaluation for each kind of mesh that the network makes, of which set, and the seconds that it took."""

    evaluations: dict[MeshKind, Evaluation]
    scans: str
    seconds: float

    @property
    def failures(self) -> dict[str, str]:
        """The reason why a subject has no number, by its name; a subject that failed in both kinds is named once."""
        return {row.name: row.problem for evaluation in reversed(self.evaluations.values()) for row in evaluation.failures}

    @property
    def measured(self) -> dict[MeshKind, Evaluation]:
        """The evaluations in which a mesh was measured: the others have no mean."""
        return {kind: evaluation for kind, evaluation in self.evaluations.items() if len(evaluation.failures) < len(evaluation.rows)}

    def floats(self) -> dict[str, float]:
        """`realy/coarse/nose` to `realy/detail/all` in mm, means over the subjects that were measured, and how many were not."""
        numbers = {f"{PREFIX}/failed": float(len(self.failures))}
        for kind, evaluation in self.measured.items():
            summary = evaluation.summary
            numbers |= {f"{PREFIX}/{kind}/{region}": summary.mean[region] for region in Region}
            numbers[f"{PREFIX}/{kind}/all"] = summary.all
        return numbers

    def table(self) -> Table | None:
        """A row a kind of mesh, None where none was measured."""
        measured = {str(kind): evaluation for kind, evaluation in self.measured.items()}
        return comparison_table(measured) if measured else None

    def told_failures(self) -> str:
        """One line with the number of subjects without a score, their names and the first one's reason; empty where there are none."""
        failures = self.failures
        if not failures:
            return ""
        first, reason = next(iter(failures.items()))
        many = len(next(iter(self.evaluations.values())).rows)
        return f"{BENCHMARK}: {len(failures)} of {many} subjects have no score ({', '.join(failures)}), {first} because {reason}"

    def content(self) -> dict[str, Any]:
        """What scores.json keeps of it: of each kind what summary.json of `hiface-pl evaluate realy` has; none measured, the reasons."""
        kinds = {str(kind): summary_content(found.rows, found.summary, found.settings) for kind, found in self.measured.items()}
        return {"benchmark": BENCHMARK, "scans": self.scans, "seconds": round(self.seconds, 1), "failures": self.failures, **kinds}
