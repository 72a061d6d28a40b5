"""Milliseconds an image of the CPU rasteriser and of the whole renderer beside PyTorch3D; the last line is JSON.

    make bench-raster        or        python benchmarks/raster.py [--size 224] [--batch 16] [--rounds 30] [--face-model FILE]

CPU time on one thread, the best of many rounds, so that other jobs on the machine disturb it little; only the rows on threads are by the
clock. The face is the whole open face model (29,952 triangles), unless a face model file is named. PyTorch3D, which tests every triangle
at every pixel on CPUs, draws the same picture once. Its pixels are compared one by one, those of smaller pictures in other poses too.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_file import FaceFile
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.rendering.camera import to_camera, to_ndc
from hiface_pl.rendering.lighting import ambient_light, directional_light
from hiface_pl.rendering.rasterizers.base import Rasterizer
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.types import Coefficients, Pose

SEED = 0
SMALL = 64
"""Pixels of the smaller pictures that are compared."""
FEWER = 20_000
"""Triangles of the smaller mesh: the foremost of the face model, so that what is seen stays nearly the same."""
Times = tuple[float, float]
Parts = list[tuple[str, Callable[[], Tensor], list[Tensor]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--face-model", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    source = FaceFile(arguments.face_model) if arguments.face_model else OpenFace()
    bench = Bench(Scene(face_assets(source.load()), arguments.batch), arguments.rounds)
    result = bench.run(arguments.size)
    finish_benchmark("raster", result, SEED)


class Scene:
    """A batch of turned mean faces that fill the picture, with wrinkles."""

    def __init__(self, assets: FaceAssets, batch: int) -> None:
        self.batch = batch
        self.renderer = Renderer()
        self.renderer.bind(assets)
        self.triangles = self.renderer.triangles
        mean = torch.from_numpy(assets.model.mean)
        self.vertices = (mean - mean[assets.model.skin_vertices].mean(0)).repeat(batch, 1, 1).requires_grad_()
        generator = torch.Generator().manual_seed(SEED)
        light = ambient_light((0.3, 0.3, 0.3)) + directional_light((0.5, 0.4, 0.8), (0.9, 0.85, 0.8))
        turns = 0.15 * torch.randn(batch, 3, generator=generator)
        empty = torch.zeros(batch, 1)
        self.coefficients = Coefficients(
            identity=empty,
            expression=empty,
            static=empty,
            albedo=torch.zeros(batch, len(assets.albedo.basis)).requires_grad_(),
            lighting=light.repeat(batch, 1, 1).requires_grad_(),
            pose=Pose(turns.requires_grad_(), torch.tensor([[0.0, 0.0, -950.0]]).repeat(batch, 1)),
        )
        size = assets.detail.size
        self.displacement = (0.1 * torch.randn(batch, 1, size, size, generator=generator)).requires_grad_()
        self.camera = to_camera(self.vertices, self.coefficients.pose).detach().requires_grad_()
        self.ndc = to_ndc(self.camera).detach().requires_grad_()

    def foremost(self, count: int) -> Tensor:
        """The triangles nearest to the viewer of a face that looks ahead, in their order."""
        height = self.vertices[0, self.triangles, 2].mean(1)
        return self.triangles[height.topk(min(count, len(height))).indices.sort().values]

    def fragments(self, rasterizer: Rasterizer, triangles: Tensor, size: int) -> list[Tensor]:
        fragments = rasterizer(self.ndc, triangles, (size, size))
        return [fragments.weights, fragments.depth]

    def image(self, size: int) -> list[Tensor]:
        return [self.renderer(self.vertices, self.coefficients, self.displacement, size).image]

    def leaves(self) -> list[Tensor]:
        return [self.vertices, self.coefficients.albedo, self.coefficients.lighting, self.coefficients.pose.rotation, self.displacement]

    def parts(self) -> Parts:
        """What is done an image besides rasterising and colouring pixels."""
        return [
            ("vertex normals", lambda: self.renderer.vertex_normals(self.camera), [self.camera]),
            ("tangents", lambda: self.renderer.tangents(self.camera), [self.camera]),
            ("slopes", lambda: self.renderer.slopes(self.displacement), [self.displacement]),
            ("albedo map", lambda: self.renderer.albedo(self.coefficients.albedo), [self.coefficients.albedo]),
            ("camera", lambda: to_ndc(to_camera(self.vertices, self.coefficients.pose)), [self.vertices]),
        ]


class Bench:
    """Times a scene."""

    def __init__(self, scene: Scene, rounds: int) -> None:
        self.scene, self.rounds = scene, rounds

    def run(self, size: int) -> dict[str, float | int | list[float]]:
        """Shows the table and returns the record."""
        scene, every = self.scene, self.scene.triangles
        few = scene.foremost(FEWER)
        rows = {f"rasteriser, {len(every):,} triangles": self.times(lambda: scene.fragments(CpuRasterizer(), every, size), [scene.ndc])}
        headline = next(iter(rows.values()))
        rows[f"rasteriser, {len(few):,} triangles"] = fewer = self.times(lambda: scene.fragments(CpuRasterizer(), few, size), [scene.ndc])
        half = size // 2
        rows[f"rasteriser, {half} px"] = self.times(lambda: scene.fragments(CpuRasterizer(), every, half), [scene.ndc])
        rows["renderer"] = renderer = self.times(lambda: scene.image(size), scene.leaves())
        rows[f"renderer, {half} px"] = smaller = self.times(lambda: scene.image(half), scene.leaves())
        for name, work, leaves in scene.parts():
            rows[f"  in it: {name}"] = self.times(lambda work=work: [work()], leaves)
        threads = {count: self.by_the_clock(count, size) for count in (1, 2)}
        for count, milliseconds in threads.items():
            rows[f"rasteriser by the clock, {count} thread{'s' * (count > 1)}"] = milliseconds
        rows["PyTorch3D, once"] = theirs = pytorch3d_times(scene, size)
        differ, compared = compare(scene, size)
        show(rows, size, f"{differ} of {compared:,} pixels differ from PyTorch3D's")
        return {
            "forward_ms": round(headline[0], 3),
            "forward_backward_ms": round(headline[1], 3),
            "ratio_pytorch3d": round(theirs[0] / headline[0]),
            "pixels_differ": differ,
            "ratio_pytorch3d_forward_backward": round(theirs[1] / headline[1]),
            "pixels_compared": compared,
            "triangles": len(every),
            "size": size,
            f"ms_{len(few)}_triangles": [round(value, 3) for value in fewer],
            "renderer_ms": [round(value, 3) for value in renderer],
            f"renderer_{half}_ms": [round(value, 3) for value in smaller],
            "pytorch3d_ms": [round(value, 1) for value in theirs],
            "two_threads_speedup": round(threads[1][1] / threads[2][1], 2),
        }

    def times(self, draw: Callable[[], list[Tensor]], leaves: list[Tensor], clock: Callable[[], float] = time.process_time) -> Times:
        """Forward, and forward with backward, ms an image."""
        outputs = draw()
        gradients = [torch.ones_like(output) for output in outputs]

        def back() -> object:
            return torch.autograd.grad(outputs, leaves, gradients, retain_graph=True)

        forward, backward = (best(work, self.rounds, clock) / self.scene.batch for work in (draw, back))
        return forward, forward + backward

    def by_the_clock(self, threads: int, size: int) -> Times:
        """The rasteriser on so many threads, time as it passes."""
        torch.set_num_threads(threads)
        scene = self.scene
        times = self.times(lambda: scene.fragments(CpuRasterizer(), scene.triangles, size), [scene.ndc], time.perf_counter)
        torch.set_num_threads(1)
        return times


def best(work: Callable[[], object], rounds: int, clock: Callable[[], float]) -> float:
    """The shortest of several rounds, ms; one before them compiles."""
    work()
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return 1000 * min(times)


def pytorch3d_times(scene: Scene, size: int) -> Times:
    """One image, once."""
    ndc = scene.ndc[:1].detach().requires_grad_()
    start = time.process_time()
    fragments = Pytorch3dRasterizer()(ndc, scene.triangles, (size, size))
    middle = time.process_time()
    torch.autograd.grad(fragments.weights.sum() + fragments.depth.sum(), ndc)
    return 1000 * (middle - start), 1000 * (time.process_time() - start)


def compare(scene: Scene, size: int) -> tuple[int, int]:
    """How many pixels see another triangle than PyTorch3D's, and how many were compared: one picture, and all poses smaller."""
    differ = compared = 0
    for ndc, side in ((scene.ndc[:1], size), (scene.ndc, SMALL)):
        ours, theirs = (
            rasterizer(ndc.detach(), scene.triangles, (side, side)).triangle for rasterizer in (CpuRasterizer(), Pytorch3dRasterizer())
        )
        differ += int((ours != theirs).sum())
        compared += ours.numel()
    return differ, compared


def show(rows: dict[str, Times], size: int, caption: str) -> None:
    first = next(iter(rows.values()))[0]
    table = Table(
        "what", "forward", "forward + backward", "forward, times the first", title=f"ms an image of {size} pixels", caption=caption
    )
    for name, (forward, both) in rows.items():
        table.add_row(name, f"{forward:.2f}", f"{both:.2f}", f"{forward / first:,.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
