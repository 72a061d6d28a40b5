"""From sampled heads to a mean face, principal components and their prior: alignment, PCA of mirrored pairs, regression on the person."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.face_models.face_model import IdentityPrior
from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.sampling import Person

_MIRROR = np.array([-1.0, 1.0, 1.0])
_OTHER_WEIGHT = 0.3
"""Weight of vertices outside the skin in the PCA."""
_ROUNDS = 3


@dataclass(frozen=True)
class IdentitySpace:
    """Mean and basis in millimetres; coefficients are N(0, 1) over the samples. `explained` is the share of variance kept."""

    mean: Float64[np.ndarray, "v 3"]
    basis: Float64[np.ndarray, "k v 3"]
    prior: IdentityPrior
    explained: float


def identity_space(head: HeadMesh, shapes: Float64[np.ndarray, "n v 3"], people: list[Person], modes: int) -> IdentitySpace:
    """PCA of the samples together with their mirror images, so that the mean is symmetric and each mode symmetric or antisymmetric.

    The covariance of mirrored pairs falls into a symmetric and an antisymmetric block, which are solved apart. Our choice: float64.
    """
    aligned = align(shapes, head.skin)
    even = 0.5 * (aligned + aligned[:, head.mirror] * _MIRROR)
    mean = even.mean(axis=0)
    odd = aligned - even
    even -= mean
    weight = np.sqrt(np.where(head.skin, 1.0, _OTHER_WEIGHT))[:, None]
    count = len(shapes)
    parts = [_components((part * weight).reshape(count, -1), modes) for part in (even, odd)]
    order = np.argsort(-np.concatenate([values for values, _ in parts]), kind="stable")[:modes]
    values = np.concatenate([values for values, _ in parts])[order]
    rows = np.concatenate([rows for _, rows in parts])[order]
    is_even = order < modes
    basis = (rows * np.sqrt(values)[:, None]).reshape(len(order), -1, 3) / weight
    basis *= _sign(basis)[:, None, None]
    scores = _scores(basis, values, weight, even, odd, is_even)
    total = float(((even * weight) ** 2).sum() + ((odd * weight) ** 2).sum()) / (count - 1)
    return IdentitySpace(mean, basis, fit_prior(scores, people, is_even), float(values.sum()) / total)


def align(shapes: Float64[np.ndarray, "n v 3"], chosen: np.ndarray) -> Float64[np.ndarray, "n v 3"]:
    """Moves every head rigidly onto their mean (chosen vertices, no scaling) and puts the mean's centre at y = z = 0."""
    reference = shapes[0]
    for _ in range(_ROUNDS):
        shapes = np.stack([rigid(shape, reference, chosen) for shape in shapes])
        reference = shapes.mean(axis=0)
    reference = reference - reference[chosen].mean(axis=0) * [0, 1, 1]
    return np.stack([rigid(shape, reference, chosen) for shape in shapes])


def rigid(shape: Float64[np.ndarray, "v 3"], target: Float64[np.ndarray, "v 3"], chosen: np.ndarray) -> Float64[np.ndarray, "v 3"]:
    """`shape` turned and moved so that its chosen vertices come closest to those of `target`."""
    centre, goal = shape[chosen].mean(axis=0), target[chosen].mean(axis=0)
    left, _, right = np.linalg.svd((shape[chosen] - centre).T @ (target[chosen] - goal))
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return (shape - centre) @ (left * flip) @ right + goal


def fit_prior(scores: Float64[np.ndarray, "n k"], people: list[Person], is_even: np.ndarray) -> IdentityPrior:
    """Least squares of the coefficients on the person; the rest is Gaussian. Mirror images make odd modes independent of both."""
    features = np.stack([person.features for person in people])
    scores = scores / np.sqrt((scores**2).mean(axis=0))
    weights = np.linalg.lstsq(features, scores, rcond=None)[0].T * is_even[:, None]
    rest = scores - features @ weights.T
    covariance = rest.T @ rest / len(people) * (is_even[:, None] == is_even[None, :])
    residual = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance)))
    return IdentityPrior(weights.astype(np.float32), residual.astype(np.float32))


def _components(rows: Float64[np.ndarray, "n d"], modes: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest variances and unit components of centred rows, from the small Gram matrix."""
    variances, vectors = np.linalg.eigh(rows @ rows.T / (len(rows) - 1))
    variances, vectors = variances[::-1][:modes], vectors[:, ::-1][:, :modes]
    return variances, vectors.T @ rows / np.sqrt(variances * (len(rows) - 1))[:, None]


def _sign(basis: Float64[np.ndarray, "k v 3"]) -> Float64[np.ndarray, " k"]:
    """The sign that makes each mode's largest displacement positive, so that a basis does not depend on the solver."""
    flat = basis.reshape(len(basis), -1)
    return np.sign(flat[np.arange(len(flat)), np.abs(np.round(flat, 3)).argmax(axis=1)])


def _scores(
    basis: np.ndarray, values: np.ndarray, weight: np.ndarray, even: np.ndarray, odd: np.ndarray, is_even: np.ndarray
) -> Float64[np.ndarray, "n k"]:
    """Coefficients of the samples: projections onto the weighted unit components, in standard deviations."""
    scaled = (basis * weight).reshape(len(basis), -1) / values[:, None]
    parts = [(part * weight).reshape(len(part), -1) @ scaled.T for part in (even, odd)]
    return np.where(is_even, parts[0], parts[1])
