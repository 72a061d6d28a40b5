from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from hiface_pl.details.coarse_only import CoarseOnly
from hiface_pl.inference.detector import BoxGiven
from hiface_pl.inference.exports.maps import read_maps
from hiface_pl.inference.session import Session
from hiface_pl.inference.sight import Sight, View
from hiface_pl.inference.studio import Studio, tension_colours
from hiface_pl.rendering.studio import RAKING_LIGHT, STUDIO_LIGHT
from hiface_pl.types import Pose
from tests.inference.faces import tiny_reconstructor

BOX = BoxGiven(40.0, 40.0, 80.0, 80.0)


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(np.full((200, 200, 3), (200, 150, 120), np.uint8)).save(tmp_path / "face.png")
    return tmp_path / "face.png"


def test_one_photo_leaves_everything(monkeypatch, tmp_path, photo):
    written = Session(tiny_reconstructor(monkeypatch), BOX, tile=40).reconstruct(photo, tmp_path / "out").faces[0].files
    names = {path.name for path in written}
    assert written[0].name == "sheet.png"
    assert {"coarse.obj", "coarse.glb", "detailed.obj", "detailed.glb", "coefficients.npz", "displacement_static.png"} <= names
    assert names == {path.name for path in (tmp_path / "out").iterdir()}
    maps = read_maps(tmp_path / "out" / "displacement.npz")
    np.testing.assert_array_equal(maps["total"], maps["static"])  # the encoder answers a neutral expression
    assert Image.open(written[0]).size == (14 + 6 * 54, 52 + 3 * 88)


def test_a_coarse_head_leaves_coarse_files(monkeypatch, tmp_path, photo):
    written = Session(tiny_reconstructor(monkeypatch, CoarseOnly()), BOX, tile=40).reconstruct(photo, tmp_path / "out").faces[0].files
    names = {path.name for path in written}
    assert "coarse.glb" in names
    assert not any("displacement" in name or "detailed" in name for name in names)


def test_meshes_can_be_left_out(monkeypatch, tmp_path, photo):
    written = Session(tiny_reconstructor(monkeypatch), BOX, meshes=False, tile=40).reconstruct(photo, tmp_path / "out").faces[0].files
    assert not any(path.suffix in {".obj", ".glb"} for path in written)


def test_detail_shows_in_pictures(tiny):
    studio = Studio(tiny)
    view = View(Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1500.0]])))
    bumps = np.random.default_rng(0).normal(0, 2, (32, 32)).astype(np.float32)
    coarse, detailed = (studio.clay(tiny.model.mean, total, view, 48) for total in (None, bumps))
    assert coarse.coverage[24, 24] == 1
    assert coarse.coverage[0, 0] == 0
    assert np.abs(coarse.pixels[24].astype(int) - detailed.pixels[24]).max() > 15
    photo = np.full((48, 48, 3), 10, np.uint8)
    over = coarse.over(photo, 0.5)
    assert over[0, 0].tolist() == [10, 10, 10]
    assert over[24, 24].mean() > 20


def test_a_close_up_is_a_magnified_part(tiny):
    studio = Studio(tiny)
    view = View(Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1500.0]])))
    whole = studio.clay(tiny.model.mean, None, view, 96).pixels
    close = view.close_up(0.5, 0.5, 0.25)
    part = studio.clay(tiny.model.mean, None, replace(close, light=STUDIO_LIGHT), 96).pixels
    np.testing.assert_allclose(part.reshape(24, 4, 24, 4, 3).mean(axis=(1, 3)), whole[36:60, 36:60], atol=3)


def test_close_ups_show_relief_in_raking_light(tiny):
    studio = Studio(tiny)
    close = View(Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1500.0]]))).close_up(0.5, 0.5, 0.25)
    rows = np.sin(np.arange(len(tiny.atlas.triangle)) / 2)[:, None]
    furrows = np.broadcast_to(0.15 * rows, tiny.atlas.triangle.shape).astype(np.float32)
    relief = []
    for light in (RAKING_LIGHT, STUDIO_LIGHT):
        flat, wrinkled = (studio.clay(tiny.model.mean, t, replace(close, light=light), 96).pixels.astype(float) for t in (None, furrows))
        relief.append(np.abs(wrinkled - flat).mean() / flat.mean())
    assert relief[0] > 1.2 * relief[1]


def test_relief_alone_shares_what_the_camera_sees_and_another_place_does_not(tiny, monkeypatch):
    studio, rasterised = Studio(tiny), []
    find = Sight.of
    monkeypatch.setattr("hiface_pl.inference.studio.Sight.of", lambda *given: rasterised.append(1) or find(*given))
    view = View(Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1500.0]])))
    rough = np.random.default_rng(0).uniform(-1, 1, (32, 32)).astype(np.float32)
    meshes = [studio.displacer.displace(tiny.model.mean, relief) for relief in (None, rough)]
    meshes.append(studio.displacer.displace(tiny.model.mean + np.float32([3, 0, 0])))
    together = studio.drawn([studio.as_clay(mesh) for mesh in meshes], view, 96)
    assert len(rasterised) == 2
    alone = [studio.drawn([studio.as_clay(mesh)], view, 96)[0] for mesh in meshes]
    differences = [np.abs(a.pixels.astype(int) - b.pixels) for a, b in zip(together, alone, strict=True)]
    assert differences[0].max() == differences[2].max() == 0
    relief = np.abs(alone[0].pixels.astype(int) - alone[1].pixels)
    inside = (slice(36, 60), slice(36, 60))
    assert 10 * differences[1][inside].mean() < relief[inside].mean()
    assert differences[1].mean() < 0.3


def test_the_order_of_meshes_and_threads_changes_no_sheet(monkeypatch, tmp_path, photo):
    session = Session(tiny_reconstructor(monkeypatch), BOX, meshes=False, tile=40)
    before = torch.get_num_threads()
    pages = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            pages.append(session.reconstruct(photo, tmp_path / str(threads)).faces[0].files[0].read_bytes())
    finally:
        torch.set_num_threads(before)
    assert pages[0] == pages[1]


def test_compressed_skin_is_red_and_stretched_blue():
    colours = tension_colours(np.full((3, 3), 0.4, np.float32), np.array([1.0, 0, 0]), np.array([0.0, 1, 0]))
    assert colours[0].argmax() == 0
    assert colours[1].argmax() == 2
    assert np.ptp(colours[2]) == 0
