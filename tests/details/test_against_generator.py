"""The generator blends detail in compiled loops over arrays: its labels must be what the head makes of the same coefficients."""

from dataclasses import replace

import numpy as np
import torch

from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.synthesis.surface import Surface
from tests.details.faces import coefficients


def test_weights_and_displacement_of_the_generator_are_those_of_the_head(tiny: FaceAssets) -> None:
    decoder, blend, surface = LinearShape(), PoleBlend(MeanTension()), Surface(tiny)
    decoder.bind(tiny)
    blend.bind(tiny)
    given = coefficients(tiny, batch=1)
    given = replace(given, expression=0.5 * given.expression)
    shape = decoder(given)
    weights, poles = blend.tension(shape), torch.randn(2, 1, 5)
    neutral, expressive = surface.shapes(given.identity[0].numpy(), given.expression[0].numpy())
    compressed, stretched = surface.tension_weights(neutral, expressive)
    np.testing.assert_allclose(compressed, weights.compressed[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(stretched, weights.stretched[0].numpy(), atol=1e-4)
    assert compressed.max() > 0.1
    assert stretched.max() > 0.1
    vectors = (given.static[0].numpy(), poles[0, 0].numpy(), poles[1, 0].numpy())
    total = blend(given.static, poles[0], poles[1], shape).total[0, 0]
    np.testing.assert_allclose(surface.displacement(vectors, (compressed, stretched)), total.numpy(), atol=1e-4)
