"""Finished rows on the open face model as `hiface-pl report html --keep` leaves them, made without training."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RowRecord, State
from hiface_pl.report.matrix_page.chosen_faces import ChosenFaces
from hiface_pl.report.matrix_page.drivers import SAMPLES
from hiface_pl.report.matrix_page.row_faces import FILE, Layer, RowFaces
from hiface_pl.report.matrix_page.tension_recipe import TensionRecipe

NAMES = ("hiface_c", "hiface_d", "sd1")
MEAN = TensionRecipe("mean", 8.0, 4.0, 0.01, 2)


def jpeg() -> bytes:
    """A small grey picture."""
    stream = BytesIO()
    Image.new("RGB", (8, 8), (120, 120, 120)).save(stream, "JPEG")
    return stream.getvalue()


def record_of(plan: RowPlan, value: float) -> RowRecord:
    """A row that measured `value` mm."""
    regions = {name: {"mean": value} for name in ("nose", "mouth", "forehead", "cheek")}
    kinds = ("coarse",) if plan.name == "hiface_c" else ("coarse", "detail")
    scans = {"scans": "2 subjects"} | {kind: {"regions": regions, "all": value} for kind in kinds}
    results = {"samples": 2, "results": {"pose": {"unit": "deg", "error": value, "label": "head rotation"}}, "open_scans": scans}
    return RowRecord(
        plan, State.DONE, attempts=1, wall=60.0, cpu=50.0, environment={"commit": "c0ffee", "machine": "here"}, results=results
    )


def truth_of(assets: FaceAssets) -> RowFaces:
    """Two people who raise their brows, the second one more, with wrinkles of the bank."""
    detail, model = assets.detail, assets.model
    expression = np.stack([share * model.expression(browInnerUp=1.0, browOuterUp=0.8) for share in (0.6, 0.9)])
    rng = np.random.default_rng(0)
    identity = rng.normal(size=(2, len(model.identity_basis))).astype(np.float32) / 2
    old = np.argsort(detail.bank_age)[-2:]
    layers = {"static": Layer(detail.bank_static[old][:, None], spanned=True)}
    for name in ("compressed", "stretched"):
        values = np.repeat(getattr(detail, f"bank_{name}")[old][:, None], 3, axis=1)
        layers[name] = Layer(values, spanned=True)
    about = {
        "faces": [3, 7],
        "chosen": True,
        "store": "hiface-pl data synth --split test",
        "model": model.fingerprint,
        "bases": BASES,
    }
    return RowFaces(identity, expression, layers, MEAN, about)


def row_of(plan: RowPlan, truth: RowFaces) -> RowFaces:
    """Smaller people with smaller expressions; sd1 has maps instead of poles, hiface_c none."""
    about = truth.about | {"row": plan.name, "seed": plan.seed, "digest": plan.digest}
    layers = dict(truth.layers)
    if plan.name == "sd1":
        shares = np.array([sample.share for sample in SAMPLES], np.float32)[None, :, None]
        layers = {"static": layers["static"], "dynamic": Layer(0.1 * shares * np.ones((2, 1, 27306), np.float32), spanned=False)}
    has_poles = plan.name == "hiface_d"
    own = {} if plan.name == "hiface_c" else layers
    return RowFaces(0.5 * truth.identity, 0.8 * truth.expression, own, MEAN if has_poles else None, about)


def write_results(root: Path, assets: FaceAssets) -> None:
    """Three rows, two seeds of one, one that failed."""
    truth = truth_of(assets)
    ChosenFaces((3, 7), (jpeg(), jpeg()), truth).write(root / "mini" / "faces")
    for plan in Planner(root, "mini", 0).all(list(NAMES)):
        record_of(plan, 1.0 + len(plan.name) / 10).write()
        row_of(plan, truth).write(plan.folder / FILE)
    (again,) = Planner(root, "mini", 1).all(["hiface_c"])
    record_of(again, 2.0).write()
    (broken,) = Planner(root, "mini", 0).all(["sd3"])
    RowRecord(broken, State.FAILED, reason="the loss [static] is not finite", attempts=1).write()
