from pathlib import Path

import pytest

from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.synthesize import write_store
from hiface_pl.report.demo.held_out import TILE, Entry, held_out_sheet
from tests.inference.faces import tiny_reconstructor
from tests.synthesis.fakes import tiny_generator


def small() -> object:
    return tiny_generator(32)


def large() -> object:
    return tiny_generator(48)


def test_networks_of_different_image_sizes_share_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_reconstructor(monkeypatch)
    for name, factory in (("small", small), ("large", large)):
        write_store(tmp_path / name, factory, 3, LocalEngine(1), lambda *_: None)
    entries = [Entry("new", network, tmp_path / "small"), Entry("shipped", network, tmp_path / "large")]
    one, two = (held_out_sheet(shown, (0, 2), "faces") for shown in (entries[:1], entries))
    assert one.shape[0] == two.shape[0]
    assert two.shape[1] - one.shape[1] == 3 * (TILE + 14)
    overlay = one[66:266, 14 + TILE + 14 : 14 + TILE + 14 + TILE]
    assert overlay.std() > 5
