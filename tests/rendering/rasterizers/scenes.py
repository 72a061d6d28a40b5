"""Random scenes that a rasteriser can get wrong: slivers, ties, triangles behind the camera, off the screen or without area."""

import numpy as np
import torch
from torch import Tensor

SIZES = ((48, 48), (40, 64), (64, 40), (33, 47), (64, 64))
KINDS = ("soup", "near", "edge_on", "ties", "grid")


def scene(seed: int) -> tuple[Tensor, Tensor, tuple[int, int]]:
    """Device coordinates (2, v, 3), triangles (m, 3) and the image size of one scene."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    ndc, triangles = SCENES[kind](rng)
    return torch.from_numpy(ndc.astype(np.float32)), torch.from_numpy(triangles.astype(np.int64)), SIZES[(seed // len(KINDS)) % len(SIZES)]


def _soup(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of all sizes, half of them partly or wholly off the screen."""
    centre = rng.uniform(-2, 2, (2, 300, 1, 3))
    corners = centre + rng.normal(size=(2, 300, 3, 3)) * rng.choice([0.02, 0.1, 0.5], (1, 300, 1, 1))
    corners[..., 2] = 900 + 100 * corners[..., 2]
    return corners.reshape(2, -1, 3), np.arange(900).reshape(-1, 3)


def _near(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Depths around zero: some corners behind the camera, some at it, some just in front."""
    ndc, triangles = _soup(rng)
    ndc[..., 2] = rng.choice([-1.0, 0.0, 1e-9, 1e-7, 0.01, 1.0, 5.0], ndc.shape[:2], p=[0.03, 0.03, 0.03, 0.11, 0.2, 0.3, 0.3])
    return ndc, triangles


def _edge_on(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Slivers, points, and edges that pass exactly through pixel centres."""
    ndc, triangles = _soup(rng)
    corners = ndc.reshape(2, -1, 3, 3)
    corners[:, :60, 2, :2] = corners[:, :60, 0, :2] * 0.3 + corners[:, :60, 1, :2] * 0.7
    corners[:, 60:120, 2, :2] = corners[:, 60:120, 0, :2] + rng.normal(size=(2, 60, 2)) * 1e-4
    corners[:, 120:140, 1] = corners[:, 120:140, 0]
    corners[:, 140:220, :, :2] = np.round(corners[:, 140:220, :, :2] * 32) / 32
    return corners.reshape(2, -1, 3), triangles


def _ties(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Every triangle three times in random order, and flat ones in one plane: the first of equally near triangles must win."""
    ndc, triangles = _soup(rng)
    ndc[:, :450, 2] = 900.0
    return ndc, rng.permutation(np.repeat(triangles, 3, axis=0)[:600])


def _grid(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A closed wavy surface whose triangles share corners, as a face does, with back faces."""
    u, v = np.meshgrid(np.linspace(-1.1, 1.1, 16), np.linspace(-1.1, 1.1, 16))
    waves = [np.sin(rng.uniform(1, 5) * u + rng.uniform(1, 5) * v + rng.uniform(0, 6)) for _ in range(4)]
    first = np.stack([u + 0.2 * waves[0], v + 0.2 * waves[1], 900 + 60 * waves[2]], -1)
    second = np.stack([v + 0.1 * waves[2], u, 900 + 80 * waves[3]], -1)
    corner = (np.arange(15)[:, None] * 16 + np.arange(15)).ravel()
    triangles = np.concatenate([np.stack([corner, corner + 1, corner + 17], 1), np.stack([corner, corner + 17, corner + 16], 1)])
    return np.stack([first, second]).reshape(2, -1, 3), triangles


SCENES = {"soup": _soup, "near": _near, "edge_on": _edge_on, "ties": _ties, "grid": _grid}
