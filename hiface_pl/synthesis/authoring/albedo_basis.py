"""The linear albedo basis, from composed layer maps, and how maps become coefficients."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_assets import AlbedoBasis
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoLayers
from hiface_pl.synthesis.authoring.complexion import Complexion, compose
from hiface_pl.synthesis.authoring.principal import principal_components

PEOPLE = 220
MODES = 48


def albedo_basis(layers: AlbedoLayers, people: int = PEOPLE, modes: int = MODES, seed: int = 9000) -> AlbedoBasis:
    """Mean and components of random complexions over the bank's maps, at the bank's size."""
    rng = np.random.default_rng(seed)
    rows = np.empty((people, 3 * layers.size**2), dtype=np.float32)
    for person in range(people):
        look = Complexion.draw(rng, float(rng.uniform(10, 82)), float(person % 2))
        colour = compose(layers.maps[rng.integers(len(layers.maps))], look)
        rows[person] = np.moveaxis(colour, -1, 0).ravel()
    mean, basis, _ = principal_components(rows, modes)
    shape = (3, layers.size, layers.size)
    return AlbedoBasis(layers.size, mean.reshape(shape), basis.reshape(len(basis), *shape))


def project_albedo(basis: AlbedoBasis, albedo: Float32[np.ndarray, "3 r r"]) -> Float32[np.ndarray, " k"]:
    """Coefficients alpha of a map at the basis's size, linear RGB, channels first; exact least squares."""
    rows = basis.basis.reshape(len(basis.basis), -1)
    return (rows @ (albedo - basis.mean).ravel() / (rows**2).sum(axis=1)).astype(np.float32)
