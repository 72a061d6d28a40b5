"""The page in a real browser, from disk, with the network off."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from hiface_pl.cli.main import main
from hiface_pl.details.tension import MeanTension
from hiface_pl.evaluation.alignment import align_rigid, vertex_distance
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.report.matrix_page.row_faces import RowFaces
from hiface_pl.types import Shape
from tests.browser import OpenPage, browser, opened
from tests.report.matrix_page.made_results import truth_of

COMMITTED = Path(__file__).parents[3] / "benchmarks" / "results" / "matrix"
DONE = "() => ['open', 'failed'].includes(document.getElementById('viewer').dataset.state)"
TRUTH = '[data-row="ground truth"] .window'
WEIGHTS = "Array.from(hifaceViewer.figures[{}].weights.compressed)"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def viewer(chromium: Browser, page: Path) -> Iterator[OpenPage]:
    with opened(chromium, page) as found:
        found.page.wait_for_function(DONE)
        yield found


def row(name: str) -> str:
    return f'[data-row="{name}"] .window'


def reddish(picture: np.ndarray) -> int:
    """How many pixels are clearly more red than green: orange to dark red of the scale, redder than eyes and lips."""
    inside = picture[10:-10, 10:-10]
    return int((inside[..., 0] - inside[..., 1] > 45).sum())


def state(viewer: OpenPage, **changes: object) -> None:
    viewer.run(f"void hifaceViewer.set({str(changes).replace('True', 'true')})")


def strongest(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def test_it_opens_without_a_word_and_draws_every_row(viewer: OpenPage) -> None:
    assert viewer.run("document.getElementById('viewer').dataset.state") == "open"
    assert viewer.said == []
    for name in ("ground truth", "hiface_c", "hiface_d", "sd1"):
        picture = viewer.picture(row(name))
        covered = np.abs(picture - picture[8, 8]).max(axis=2) > 12
        assert 0.25 < covered.mean() < 0.75
        assert picture[covered].std() > 20


def test_switches_change_the_rows_that_have_what_they_switch(viewer: OpenPage) -> None:
    names = ("ground truth", "hiface_c", "hiface_d", "sd1")
    viewer.page.get_by_role("button", name="Forehead").click()
    both = {name: viewer.picture(row(name)) for name in names}
    viewer.page.get_by_role("button", name="Coarse").click()
    coarse = {name: viewer.picture(row(name)) for name in names}
    viewer.page.get_by_role("button", name="+ both").click()
    assert {name: strongest(both[name], coarse[name]) > 12 for name in names} == {
        "ground truth": True,
        "hiface_c": False,
        "hiface_d": True,
        "sd1": True,
    }
    assert strongest(both["ground truth"], viewer.picture(TRUTH)) == 0


def test_the_slider_brings_wrinkles_where_the_expression_compresses_the_skin(viewer: OpenPage) -> None:
    """Brows go up: beside the coarse face, dynamic detail shows nothing at rest, and then the forehead alone."""
    viewer.run("void hifaceViewer.stage.look('front')")
    apart = {}
    for share in (0, 1):
        state(viewer, share=share, detail="coarse")
        coarse = viewer.picture(TRUTH)
        state(viewer, detail="dynamic")
        apart[share] = np.abs(viewer.picture(TRUTH) - coarse).max(axis=2)
    height = len(apart[0])
    forehead, mouth = slice(int(0.15 * height), int(0.42 * height)), slice(int(0.62 * height), int(0.75 * height))
    assert apart[0].max() == 0
    assert apart[1][forehead].max() > 15
    assert (apart[1][forehead] > 8).sum() > 100 + 20 * (apart[1][mouth] > 8).sum()
    state(viewer, detail="both")
    viewer.page.locator("#strength").fill("0.4")
    assert viewer.run("hifaceViewer.state.share") == 0.4
    assert viewer.page.locator("output").text_content() == "40 %"


@pytest.mark.parametrize("share", [0.5, 1.0, 1.5])
def test_tension_and_errors_are_those_of_the_package(viewer: OpenPage, open_assets: FaceAssets, results: Path, share: float) -> None:
    state(viewer, share=share)
    tension = MeanTension()
    tension.bind(open_assets)
    own = RowFaces.read(results / "mini" / "seed0" / "hiface_d" / "faces.npz")
    true, found = _shape(truth_of(open_assets), open_assets, share), _shape(own, open_assets, share)
    weights = np.array(viewer.run(WEIGHTS.format(2)))
    assert weights.max() > 0.1
    assert np.abs(weights - tension(found).compressed[0].numpy()).max() < 0.06  # coordinates are rounded to 0.01 mm
    assert np.abs(weights - tension(found).compressed[0].numpy()).mean() < 0.001
    face = torch.from_numpy(open_assets.regions.face)
    distance = vertex_distance(align_rigid(found.expressive, true.expressive, face), true.expressive, face)
    assert viewer.run("hifaceViewer.figures[2].distance") == pytest.approx(float(distance), abs=0.003)
    dynamic = viewer.run("hifaceViewer.read.get(0)[3].maps[1][500]")
    assert dynamic == pytest.approx(0.1 * share, abs=0.002)


def test_presets_drive_all_rows(viewer: OpenPage) -> None:
    viewer.page.get_by_role("button", name="brow raise").click()
    raised = viewer.picture(row("hiface_c"))
    state(viewer, share=0)
    assert strongest(raised, viewer.picture(row("hiface_c"))) > 20
    assert np.max(viewer.run(WEIGHTS.format(2))) == 0
    viewer.page.get_by_role("button", name="as in the picture").click()


def test_heat_maps_have_a_scale_in_mm_and_the_truth_has_no_error(viewer: OpenPage) -> None:
    for name, most in (("Shape error", "≥ 5 mm"), ("Wrinkle error", "≥ 0.2 mm")):
        viewer.page.get_by_role("button", name=name).click()
        assert most in (viewer.page.locator(".legend").text_content() or "")
        true, found = viewer.picture(TRUTH), viewer.picture(row("hiface_c"))
        assert reddish(true) == 0
        assert reddish(found) > 40
    viewer.page.get_by_role("button", name="Clay").click()


def test_another_face_is_unpacked_and_rows_can_be_hidden(viewer: OpenPage) -> None:
    one = viewer.picture(TRUTH)
    viewer.page.get_by_role("button", name="held-out face 7").click()
    viewer.page.wait_for_function("() => hifaceViewer.state.face === 1")
    assert strongest(one, viewer.picture(TRUTH)) > 30
    viewer.page.get_by_text("Rows that are shown").click()
    viewer.page.get_by_label("sd1").click()
    assert not viewer.page.locator(row("sd1")).is_visible()
    assert viewer.said == []


def test_on_a_telephone_nothing_is_cut_off(chromium: Browser, page: Path) -> None:
    with opened(chromium, page, width=390, height=800) as small:
        small.page.wait_for_function(DONE)
        assert small.run("document.scrollingElement.scrollWidth") == 390
        assert small.picture(row("hiface_d")).std() > 15
        assert small.said == []


@pytest.mark.parametrize("scale", sorted(path.name for path in COMMITTED.glob("*") if path.is_dir()) or [None])
def test_the_page_of_the_committed_results(chromium: Browser, scale: str | None, tmp_path: Path) -> None:
    if scale is None:
        pytest.skip(f"no results are committed under {COMMITTED.relative_to(COMMITTED.parents[2])}: their page is NOT TESTED")
    path = tmp_path / "report.html"
    assert main(["report", "html", "--results", str(COMMITTED), "--scale", scale, "--out", str(path)]) == 0
    with opened(chromium, path) as committed:
        if "data-face" in path.read_text():
            committed.page.wait_for_function(DONE)
            assert committed.picture(TRUTH).std() > 15
        assert committed.said == []


def _shape(faces: RowFaces, assets: FaceAssets, share: float) -> Shape:
    model = assets.model
    both = [model.vertices(faces.identity[0], strength * faces.expression[0])[None] for strength in (0, share)]
    return Shape(*map(torch.from_numpy, both))
