from dataclasses import replace

import numpy as np
import torch

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.keypoints import SurfaceKeypoints
from hiface_pl.shapes.linear import LinearShape
from tests.details.faces import coefficients


def bound(tiny: FaceAssets) -> LinearShape:
    decoder = LinearShape()
    decoder.bind(tiny)
    return decoder


def test_the_shape_is_that_of_the_face_model(tiny: FaceAssets) -> None:
    given = coefficients(tiny, batch=3)
    shape = bound(tiny)(given)
    for k in range(3):
        identity, expression = given.identity[k].numpy(), given.expression[k].numpy()
        np.testing.assert_allclose(shape.neutral[k].numpy(), tiny.model.vertices(identity), atol=1e-4)
        np.testing.assert_allclose(shape.expressive[k].numpy(), tiny.model.vertices(identity, expression), atol=1e-4)


def test_without_expression_both_shapes_are_equal_to_the_bit(tiny: FaceAssets) -> None:
    given = coefficients(tiny)
    shape = bound(tiny)(replace(given, expression=torch.zeros_like(given.expression)))
    assert torch.equal(shape.neutral, shape.expressive)


def test_sizes_come_from_the_face_model_and_nothing_is_stored(tiny: FaceAssets) -> None:
    decoder = bound(tiny)
    assert (decoder.identities, decoder.expressions, decoder.vertices) == (4, 4, 289)
    assert not decoder.state_dict()


def test_gradients_are_those_of_finite_differences(tiny: FaceAssets) -> None:
    decoder, given = bound(tiny).double(), coefficients(tiny, dtype=torch.float64)

    def vertices(identity: torch.Tensor, expression: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shape = decoder(replace(given, identity=identity, expression=expression))
        return shape.neutral, shape.expressive

    assert torch.autograd.gradcheck(vertices, (given.identity.requires_grad_(), given.expression.requires_grad_()))


def test_keypoints_ride_on_the_surface(tiny: FaceAssets) -> None:
    rng = np.random.default_rng(0)
    points = replace(
        tiny.model.keypoints68,
        vertices=rng.integers(0, 289, (68, 3)).astype(np.int32),
        weights=rng.dirichlet(np.ones(3), 68).astype(np.float32),
    )
    shape = bound(tiny)(coefficients(tiny))
    expected = np.stack([points.on(face) for face in shape.expressive.numpy()])
    np.testing.assert_allclose(SurfaceKeypoints(points)(shape.expressive).numpy(), expected, atol=1e-4)
