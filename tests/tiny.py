"""A face model of 289 vertices with everything derived from it, made in milliseconds, for tests of what consumes one."""

import numpy as np

from hiface_pl.face_models.face_assets import AlbedoBasis, DetailBases, DisplacementBasis, FaceAssets, FaceRegions, UvAtlas
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints

SIDE = 17
MAP = 32
UNITS = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "browInnerUp")


def tiny_model(seed: int = 0) -> FaceModel:
    """A paraboloid patch 160 mm wide: 4 identity modes, 4 expression units, one UV chart."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(grid, grid)
    mean = np.stack([80 * x, 95 * y, 60 * (1 - 0.6 * x**2 - 0.4 * y**2)], axis=-1).reshape(-1, 3)
    row, column = np.meshgrid(np.arange(SIDE - 1), np.arange(SIDE - 1), indexing="ij")
    corner = (row * SIDE + column).ravel()
    quads = np.stack([corner, corner + 1, corner + SIDE + 1, corner + SIDE], axis=1).astype(np.int32)
    uv = np.stack([(x.ravel() + 1) / 2 * 0.9 + 0.05, (y.ravel() + 1) / 2 * 0.9 + 0.05], axis=1)
    inner = rng.permutation([r * SIDE + c for r in range(2, SIDE - 2) for c in range(2, SIDE - 2)])[:85]
    return FaceModel(
        name="tiny",
        licence="CC0-1.0",
        provenance="tests",
        mean=mean.astype(np.float32),
        identity_basis=np.stack([_wave(x, y, k, rng) for k in range(4)]).astype(np.float32) * 3,
        expression_basis=np.stack([_wave(x, y, k + 2, rng) for k in range(4)]).astype(np.float32) * 6,
        expression_names=UNITS,
        quads=quads,
        uv=uv.astype(np.float32),
        uv_quads=quads.copy(),
        part=np.zeros(len(quads), dtype=np.uint8),
        keypoints68=SurfacePoints.at_vertices(inner[:68]),
        keypoints85=SurfacePoints.at_vertices(inner),
    )


def tiny_assets(seed: int = 0, modes: int = 5) -> FaceAssets:
    """The tiny model with a rasterised chart, a disk-shaped detail mask and random smooth bases of `modes` modes."""
    model = tiny_model(seed)
    rng = np.random.default_rng(seed + 1)
    centre = (np.arange(MAP) + 0.5) / MAP
    u, v = np.meshgrid(centre, centre[::-1])
    mask = np.clip(3 * (1 - 2.4 * np.hypot(u - 0.5, v - 0.5)), 0, 1).astype(np.float32)
    texels = np.flatnonzero(mask > 0.02).astype(np.int32)

    def basis(scale: float) -> DisplacementBasis:
        rows = np.stack([np.sin(rng.uniform(5, 25) * u + rng.uniform(5, 25) * v + rng.uniform(0, 6)) for _ in range(modes)])
        columns = (scale * rows * mask).reshape(modes, -1)[:, texels].astype(np.float32)
        return DisplacementBasis(columns.mean(axis=0), columns)

    banks = [rng.normal(size=(12, modes)).astype(np.float32) for _ in range(3)]
    detail = DetailBases(
        MAP,
        mask,
        texels,
        basis(0.2),
        basis(0.4),
        basis(0.1),
        *banks,
        np.linspace(18, 80, 12, dtype=np.float32),
        np.tile([0, 1], 6).astype(np.float32),
    )
    vertex_mask = np.clip(3 * (1 - np.hypot(model.mean[:, 0] / 80, model.mean[:, 1] / 95)), 0, 1).astype(np.float32)
    regions = FaceRegions(vertex_mask, *[vertex_mask * part for part in rng.random((4, len(vertex_mask))).astype(np.float32)])
    albedo = AlbedoBasis(MAP, np.full((3, MAP, MAP), 0.4, np.float32), rng.normal(0, 0.03, (3, 3, MAP, MAP)).astype(np.float32))
    return FaceAssets(model, regions, _atlas(model), detail, albedo)


def _wave(x: np.ndarray, y: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    phase = rng.uniform(0, 6, 3)
    return np.stack([np.sin((1 + k / 2) * (x if c == 0 else y) + (k / 3) * x * y + phase[c]) for c in range(3)], axis=-1).reshape(-1, 3)


def _atlas(model: FaceModel) -> UvAtlas:
    """The chart of a regular grid in closed form."""
    centre = (np.arange(MAP) + 0.5) / MAP
    u, v = np.meshgrid(centre, centre[::-1])
    gx, gy = (u - 0.05) / 0.9 * (SIDE - 1), (v - 0.05) / 0.9 * (SIDE - 1)
    inside = (gx >= 0) & (gx < SIDE - 1) & (gy >= 0) & (gy < SIDE - 1)
    column, row = np.clip(np.floor(gx), 0, SIDE - 2).astype(int), np.clip(np.floor(gy), 0, SIDE - 2).astype(int)
    fx, fy = gx - column, gy - row
    lower = fy <= fx
    weights = np.where(lower[..., None], np.stack([1 - fx, fx - fy, fy], -1), np.stack([1 - fy, fx, fy - fx], -1))
    triangle = np.where(inside, 2 * (row * (SIDE - 1) + column) + ~lower, -1)
    rows, columns = np.nonzero(inside)
    flat = np.arange(MAP * MAP).reshape(MAP, MAP)
    clamp_row, clamp_column = np.clip(np.arange(MAP), rows.min(), rows.max()), np.clip(np.arange(MAP), columns.min(), columns.max())
    nearest = flat[clamp_row][:, clamp_column]
    return UvAtlas(MAP, triangle.astype(np.int32), (weights * inside[..., None]).astype(np.float32), nearest.astype(np.int32))
