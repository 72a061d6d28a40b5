from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from hiface_pl.evaluation.scores import FaceScores, Measured
from hiface_pl.report.demo.curve import Curve, read_curves, svg
from hiface_pl.report.demo.page import Exhibit, write_page
from hiface_pl.report.demo.stages import Finished
from hiface_pl.report.provenance import Provenance
from hiface_pl.report.tiles import Tile, contact_sheet, write_contact_sheet

SCORES = FaceScores(
    samples=500,
    identity_rigid=Measured("identity, rigid alignment", "mm", 3.0, 3.4),
    identity_similarity=Measured("identity, similarity alignment", "mm", 2.6, 2.6),
    expression=Measured("expression, not aligned", "mm", 1.8, 2.3),
    landmarks=Measured("68 landmarks", "%", 3.6, 20.0),
    pose=Measured("head rotation", "deg", 4.0, 18.0),
)

BETTER = SCORES._replace(identity_rigid=Measured("identity, rigid alignment", "mm", 1.7, 3.4), age=Measured("age", "years", 8.0, 16.0))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.images, self.cells, self.open, self.links = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.images += [values["src"]] if tag == "img" else []
        self.links += [values[name] for name in ("href", "src") if name in values and not values[name].startswith("data:")]
        self.open.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


@pytest.fixture
def page(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    curve = svg([Curve("a", [(0.0, 1.0), (10.0, 2.0)])], "curve")
    mini, large = Exhibit("just trained", "on 12 faces", SCORES, picture, [curve]), Exhibit("shipped", "on 900 faces", BETTER, picture)
    stages = [Finished("train", "x", 100.0, 180.0), Finished("test", "x", 20.0, 30.0, kept=True)]
    path = write_page(tmp_path / "index.html", [mini, large], picture, stages, Provenance.now(0))
    return path.read_text()


def test_the_page_needs_nothing_from_elsewhere(page):
    parsed = Page(page)
    assert len(parsed.images) == 3
    assert all(source.startswith("data:image/webp;base64,") for source in parsed.images)
    assert parsed.links == []
    assert "http" not in page.replace("http-equiv", "")


def test_goals_are_judged(page):
    cells = [cell.strip() for cell in Page(page).cells]
    assert "skill ≥ 0.08: reached" in cells  # 1 - 3.0 / 3.4 = 0.118
    assert "skill ≥ 0.06: missed" in cells  # no better than the mean face
    assert "≤ 3.5: missed" in cells
    assert "≤ 4.5: reached" in cells


def test_networks_stand_side_by_side_with_what_they_cost(page):
    cells = [cell.strip() for cell in Page(page).cells]
    start = cells.index("identity, rigid alignment")
    assert cells[start : start + 7] == ["identity, rigid alignment", "mm", "3.40", "3.00", "+0.118", "1.70", "+0.500"]
    assert page.index("just trained") < page.index("shipped")
    assert page.count("on 12 faces") == page.count("on 900 faces") == 2


def test_times_are_added_up(page):
    cells = Page(page).cells
    assert cells[-3:] == ["all", "120 s", "210 s"]
    assert "test (kept from an earlier run)" in cells


def test_curves_come_from_the_log(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,train/loss,val/skill\n1,5.0,\n2,4.0,0.1\n3,nan,0.2\n")
    curves = read_curves(tmp_path / "metrics.csv", {"train/loss": "loss", "val/skill": "skill", "absent": "absent"})
    assert [(curve.name, curve.points) for curve in curves] == [("loss", [(1, 5.0), (2, 4.0)]), ("skill", [(2, 0.1), (3, 0.2)])]
    assert svg(curves, "title").count("<polyline") == 2
    assert read_curves(tmp_path / "absent.csv", {"a": "b"}) == []
    assert svg([], "title") == ""


def test_a_contact_sheet_holds_its_tiles(tmp_path):
    red, blue = (np.zeros((30, 30, 3), np.uint8) + np.array(colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    rows = [[Tile("red", red), Tile("blue", blue)], [Tile("blue", blue)]]
    sheet = contact_sheet(rows, "colours")
    for colour, count in (((255, 0, 0), 900), ((0, 0, 255), 1800)):
        assert (sheet == colour).all(axis=-1).sum() == count
    write_contact_sheet(rows, "colours", tmp_path / "sheet.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "sheet.png")), sheet)
