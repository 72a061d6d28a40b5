"""The pictures of benchmarks/photos.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from hiface_pl.data.photos.photo_dataset import PhotoDataset
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.demo.curve import COLOURS, Curve
from hiface_pl.report.face_panel import PanelMaker
from hiface_pl.report.tiles import Tile, contact_sheet

WIDTH, HEIGHT, MARGIN = 640, 360, 60
SHOWN = 6


def draw_curves(curves: Sequence[Curve], title: str, path: Path) -> None:
    """Lines over training steps from zero on, with the first and last value of each."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    right, high = (max(point[axis] for curve in curves for point in curve.points) for axis in (0, 1))
    high *= 1.1
    pen.text((MARGIN, 10), title, "black", font=font)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return MARGIN + point[0] / right * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - point[1] / high * (HEIGHT - 2 * MARGIN)

    for value in np.linspace(0, high, 5):
        pen.line([place((0, value)), place((right, value))], "#dddddd")
        pen.text((8, place((0, value))[1] - 8), f"{value:.1f}", "black", font=font)
    for number, curve in enumerate(curves):
        pen.line([place(point) for point in curve.points], COLOURS[number], 3)
        told = f"{curve.name}: {curve.points[0][1]:.2f} to {curve.points[-1][1]:.2f}"
        pen.text((MARGIN + 270 * number, HEIGHT - 34), told, COLOURS[number], font=font)
    pen.text((WIDTH - MARGIN + 4, HEIGHT - MARGIN - 8), f"{right:.0f}", "black", font=font)
    sheet.save(path)


@torch.no_grad()
def draw_faces(networks: Mapping[str, Reconstructor], photos: PhotoDataset, path: Path) -> None:
    """Held-out photos and what each network makes of them, spread over the store."""
    chosen = [number * (len(photos) - 1) // (SHOWN - 1) for number in range(SHOWN)]
    batch = photos.pack(photos.__getitems__(chosen)).unpack()
    rows: list[list[Tile]] = [[] for _ in chosen]
    for name, network in networks.items():
        lines = PanelMaker(network).lines(batch, network(batch.image))
        for row, line in zip(rows, lines, strict=True):
            row += [Tile(f"{name}: {tile.caption}", tile.pixels) for tile in (line[:3] if not row else line[1:3])]
    Image.fromarray(contact_sheet(rows, "people who are in no training")).save(path)
