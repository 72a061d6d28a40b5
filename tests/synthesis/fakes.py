"""A generator on the tiny face model: a moulded patch of skin, but every step of the real one."""

import numpy as np

from hiface_pl.synthesis.authoring.albedo_layers import AlbedoLayers, Layer
from hiface_pl.synthesis.generator import Generator
from tests.tiny import MAP, tiny_assets


def tiny_layers() -> AlbedoLayers:
    rng = np.random.default_rng(0)
    maps = rng.integers(0, 60, (3, MAP, MAP, len(Layer))).astype(np.uint8)
    maps[..., Layer.MELANIN] += 100
    maps[..., Layer.BLOOD] += 100
    maps[:, : MAP // 5, :, Layer.HAIR] = 255
    return AlbedoLayers(MAP, maps)


def tiny_generator(image_size: int = 48, split: str = "train", seed: int = 0, kind: type[Generator] = Generator) -> Generator:
    return kind(tiny_assets(), image_size, seed, split, "inside", tiny_layers())
