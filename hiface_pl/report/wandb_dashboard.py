"""The dashboard of a matrix in Weights & Biases: a report that compares rows over their seeds, made with wandb-workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from wandb_workspaces.reports.v2 import interface as reports

from hiface_pl.evaluation.scores import UNIT_NAMES
from hiface_pl.matrix.row_record import RowRecord
from hiface_pl.matrix.same_data import KINDS, REGIONS

WHOLE, THIRD = 24, 8
"""Columns of a grid of panels."""
ABOUT = (
    "Made by `hiface-pl report wandb`. A line is a row, its mean over seeds with one standard deviation. Distances are those of REALY's "
    "protocol on open-scans, synthetic people: they are no REALY results, and none of these numbers may be put beside published ones."
)


@dataclass(frozen=True)
class Compared:
    """What a matrix has: rows, seeds, the names of their losses, and of their scores on held-out faces as loggers know them."""

    scale: str
    rows: tuple[str, ...]
    seeds: tuple[int, ...]
    losses: tuple[str, ...]
    scores: tuple[str, ...]

    @classmethod
    def of(cls, records: Sequence[RowRecord], scale: str) -> "Compared":
        """Of all rows that were begun; scores as far as one is done."""
        losses = [name for each in records for name, loss in each.plan.config["model"]["losses"].items() if loss is not None]
        measured = [(name, found["unit"]) for each in records for name, found in each.results.get("results", {}).items()]
        scores = [f"{name}_{UNIT_NAMES[unit]}" for name, unit in measured if unit in UNIT_NAMES]
        return cls(
            scale,
            tuple(dict.fromkeys(each.plan.name for each in records)),
            tuple(sorted({each.plan.seed for each in records})),
            tuple(dict.fromkeys(losses)),
            tuple(dict.fromkeys(["skill", *scores])),
        )

    def runs(self, verb: str) -> list[reports.Runset]:
        """A set of runs for each row, grouped over its seeds by the name that they share."""
        return [reports.Runset(name=row, filters=self._which(verb, row), groupby=["Name"]) for row in self.rows]

    def single_runs(self) -> list[reports.Runset]:
        """A set of runs for each row and seed."""
        pairs = [(row, seed) for row in self.rows for seed in self.seeds]
        return [reports.Runset(name=f"{row}, seed {seed}", filters=self._which("fit", row, f"seed{seed}")) for row, seed in pairs]

    def _which(self, verb: str, *tags: str) -> str:
        tagged = " and ".join(f"Tags in ['{tag}']" for tag in tags)
        return f"Group = 'matrix-{self.scale}' and JobType = '{verb}' and {tagged}"


def dashboard(compared: Compared, project: str, entity: str) -> reports.Report:
    """The report, not yet sent anywhere."""
    blocks: list[reports.BlockTypes] = [
        reports.P(ABOUT),
        reports.TableOfContents(),
        *_section("Results", _grid(compared.runs("test"), _results(compared))),
        *_section("Losses", _grid(compared.runs("fit"), [_over_steps(name, "train", "val") for name in ("loss", *compared.losses)])),
        *_section("REALY's protocol on open-scans, mm", _grid(compared.runs("fit"), _regions())),
        *_section("Held-out faces", _grid(compared.runs("fit"), [_over_steps(name, "val") for name in compared.scores])),
        *_section("The same faces", _grid(compared.runs("fit"), _faces())),
        *_section("Seed by seed", _grid(compared.single_runs(), _single_lines())),
    ]
    title = f"HiFace rows at scale {compared.scale}"
    return reports.Report(project=project, entity=entity, title=title, blocks=blocks, width="fluid")


def definition(report: reports.Report) -> str:
    """The JSON that W&B would be sent."""
    model = report._to_model()  # noqa: SLF001 - the package only sends it
    return str(model.model_dump_json(by_alias=True, exclude_none=True, indent=1))


def _section(title: str, grid: reports.PanelGrid) -> list[reports.BlockTypes]:
    return [reports.H2(title), grid]


def _grid(runs: list[reports.Runset], panels: list[reports.PanelTypes]) -> reports.PanelGrid:
    return reports.PanelGrid(runsets=runs, panels=panels)


def _over_steps(name: str, *stages: str, unit: str | None = None) -> reports.LinePlot:
    """A line a row: mean over seeds, one standard deviation around it."""
    return reports.LinePlot(
        title=name,
        title_y=unit,
        y=[f"{stage}/{name}" for stage in stages],
        groupby="Name",
        groupby_aggfunc="mean",
        groupby_rangefunc="stddev",
        layout=reports.Layout(w=THIRD),
    )


def _regions() -> list[reports.PanelTypes]:
    return [_over_steps(f"{kind}/{region}", "realy", unit="mm") for kind in KINDS for region in (*REGIONS, "all")]


def _results(compared: Compared) -> list[reports.PanelTypes]:
    names = [f"realy/{kind}/{region}" for kind in KINDS for region in (*REGIONS, "all")] + [f"test/{name}" for name in compared.scores]
    bars: list[reports.PanelTypes] = [
        reports.BarPlot(
            title=name, metrics=[name], groupby="Name", groupby_aggfunc="mean", groupby_rangefunc="stddev", layout=reports.Layout(w=THIRD)
        )
        for name in names
    ]
    return [reports.WeavePanelSummaryTable(table_name="results", layout=reports.Layout(w=WHOLE, h=12)), *bars]


def _faces() -> list[reports.PanelTypes]:
    """The sheet of validation faces, and the first face in 3D, side by side for all rows: stores begin with sample 0."""
    meshes = ["meshes/face-0-coarse", "meshes/face-0-detailed"]
    return [
        reports.MediaBrowser(title="faces", media_keys=["faces"], num_columns=1, gallery_axis="run", layout=reports.Layout(w=WHOLE, h=14)),
        reports.MediaBrowser(title="meshes", media_keys=meshes, num_columns=3, gallery_axis="run", layout=reports.Layout(w=WHOLE, h=14)),
    ]


def _single_lines() -> list[reports.PanelTypes]:
    names = ("train/loss", "val/skill", "realy/coarse/all", "realy/detail/all")
    return [reports.LinePlot(title=name, y=[name], layout=reports.Layout(w=THIRD)) for name in names]
