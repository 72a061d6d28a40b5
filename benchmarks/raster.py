"""Milliseconds an image of the CPU rasteriser and of the whole renderer, one thread; the last line is JSON.

    python benchmarks/raster.py [--batch 16] [--face-model FILE] [--size 112 --size 224]

CPU time, the best of several rounds, so that other jobs on the machine disturb it little. The face is the open face model unless a face
model file is named. PyTorch3D, which tests every triangle at every pixel on CPUs, is timed once on one small image.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_file import FaceFile
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.rendering.camera import to_camera, to_ndc
from hiface_pl.rendering.lighting import ambient_light, directional_light
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.types import Coefficients, Pose

ROUNDS = 8
SMALL = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument("--face-model", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    source = FaceFile(arguments.face_model) if arguments.face_model else OpenFace()
    assets = face_assets(source.load())
    scene = Scene(assets, arguments.batch)
    rows = {f"{name} {size}": scene.times(name, size) for size in arguments.size or [112, 224] for name in ("rasterizer", "renderer")}
    rows[f"pytorch3d {SMALL}"] = scene.pytorch3d()
    rows[f"rasterizer {SMALL}"] = scene.times("rasterizer", SMALL)
    show(rows, len(assets.model.triangles))


class Scene:
    """A batch of turned mean faces that fill the picture, with wrinkles."""

    def __init__(self, assets: FaceAssets, batch: int) -> None:
        self.batch = batch
        self.renderer = Renderer()
        self.renderer.bind(assets)
        skin = torch.from_numpy(assets.model.mean[assets.model.skin_vertices]).mean(0)
        self.vertices = (torch.from_numpy(assets.model.mean) - skin).repeat(batch, 1, 1).requires_grad_()
        generator = torch.Generator().manual_seed(0)
        light = ambient_light((0.3, 0.3, 0.3)) + directional_light((0.5, 0.4, 0.8), (0.9, 0.85, 0.8))
        self.coefficients = Coefficients(
            identity=torch.zeros(batch, 1),
            expression=torch.zeros(batch, 1),
            static=torch.zeros(batch, 1),
            albedo=torch.zeros(batch, len(assets.albedo.basis)).requires_grad_(),
            lighting=light.repeat(batch, 1, 1).requires_grad_(),
            pose=Pose(
                (0.15 * torch.randn(batch, 3, generator=generator)).requires_grad_(), torch.tensor([[0.0, 0.0, -950.0]]).repeat(batch, 1)
            ),
        )
        size = assets.detail.size
        self.displacement = (0.1 * torch.randn(batch, 1, size, size, generator=generator)).requires_grad_()
        self.ndc = to_ndc(to_camera(self.vertices, self.coefficients.pose)).detach().requires_grad_()

    def draw(self, name: str, size: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """What is computed, and what it depends on."""
        if name == "rasterizer":
            fragments = CpuRasterizer()(self.ndc, self.renderer.triangles, (size, size))
            return [fragments.weights, fragments.depth], [self.ndc]
        rendering = self.renderer(self.vertices, self.coefficients, self.displacement, size)
        leaves = [self.vertices, self.coefficients.albedo, self.coefficients.lighting, self.coefficients.pose.rotation, self.displacement]
        return [rendering.image], leaves

    def times(self, name: str, size: int) -> tuple[float, float]:
        """Forward, and forward with backward."""
        outputs, leaves = self.draw(name, size)
        gradients = [torch.ones_like(output) for output in outputs]
        forward = best(lambda: self.draw(name, size)) / self.batch
        backward = best(lambda: torch.autograd.grad(outputs, leaves, gradients, retain_graph=True)) / self.batch
        return forward, forward + backward

    def pytorch3d(self) -> tuple[float, float]:
        """One small image, once."""
        ndc = self.ndc[:1].detach().requires_grad_()
        start = time.process_time()
        fragments = Pytorch3dRasterizer()(ndc, self.renderer.triangles, (SMALL, SMALL))
        middle = time.process_time()
        torch.autograd.grad(fragments.weights.sum(), ndc)
        return 1000 * (middle - start), 1000 * (time.process_time() - start)


def best(work: Callable[[], object]) -> float:
    """The shortest of several rounds, ms of CPU time; the first round compiles."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def show(rows: dict[str, tuple[float, float]], triangles: int) -> None:
    table = Table("what, pixels", "forward", "forward + backward", title=f"ms an image, one thread, {triangles} triangles")
    for name, (forward, both) in rows.items():
        table.add_row(name, f"{forward:.2f}", f"{both:.2f}")
    Console().print(table)
    ratio = rows[f"pytorch3d {SMALL}"][0] / rows[f"rasterizer {SMALL}"][0]
    print(
        json.dumps(
            {
                "triangles": triangles,
                "pytorch3d_over_ours": round(ratio),
                **{name: [round(t, 2) for t in row] for name, row in rows.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
