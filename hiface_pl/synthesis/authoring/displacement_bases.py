"""Makes the three displacement bases of a face model from authored subjects."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.chart import Number
from hiface_pl.face_models.face_assets import DetailBases, DisplacementBasis
from hiface_pl.synthesis.authoring.principal import principal_components
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor

SUBJECTS = 280
AGES = (16.0, 82.0)
MODES = 64
"""Modes a map. Our choice, by held-out variance: see `tests/synthesis/authoring`."""
BLUR = 0.6
"""SD in texels of the blur before the components are taken. Our choice: keeps furrows from aliasing, does not widen them."""
EDGE = 0.02


def detail_bases(
    author: WrinkleAuthor,
    subjects: int = SUBJECTS,
    modes: int = MODES,
    seed: int = 5000,
    progress: Callable[[int, int], None] | None = None,
) -> DetailBases:
    """Bases and bank of `subjects` people with ages U(16, 82), half of them men. `progress` is told (done, of).

    Raises FaceModelError where the keypoints leave no skin.
    """
    canvas = author.canvas
    texels = np.flatnonzero(canvas.detail > EDGE).astype(np.int32)
    if not len(texels):
        raise FaceModelError("the 68 keypoints leave no skin for wrinkles: check that the face model's keypoints are in iBUG order")
    rng = np.random.default_rng(seed)
    ages = rng.uniform(*AGES, subjects).astype(np.float32)
    male = (np.arange(subjects) % 2).astype(np.float32)
    rows = np.empty((3, subjects, len(texels)), dtype=np.float32)
    for subject in range(subjects):
        rows[:, subject] = subject_rows(author, texels, seed + subject, float(ages[subject]), float(male[subject]))
        if progress is not None:
            progress(subject + 1, subjects)
    (static, bank_static), (compressed, bank_compressed), (stretched, bank_stretched) = (_basis(maps, modes) for maps in rows)
    return DetailBases(
        size=canvas.size,
        mask=canvas.detail,
        texels=texels,
        static=static,
        compressed=compressed,
        stretched=stretched,
        bank_static=bank_static,
        bank_compressed=bank_compressed,
        bank_stretched=bank_stretched,
        bank_age=ages,
        bank_male=male,
    )


def _basis(rows: Float32[np.ndarray, "s n"], modes: int) -> tuple[DisplacementBasis, Float32[np.ndarray, "s k"]]:
    mean, basis, coefficients = principal_components(rows, modes)
    return DisplacementBasis(mean, basis), coefficients


def subject_rows(author: WrinkleAuthor, texels: np.ndarray, seed: int, age: Number, male: Number) -> Float32[np.ndarray, "3 n"]:
    """One subject's static, compressed and stretched map over the basis's texels, mm."""
    maps = author.draw(seed, age, male)
    blurred = [gaussian_filter(values, BLUR).ravel()[texels] for values in (maps.static, maps.compressed, maps.stretched)]
    return np.stack(blurred).astype(np.float32)


def project(basis: DisplacementBasis, rows: Float32[np.ndarray, "s n"]) -> Float32[np.ndarray, "s k"]:
    """Least-squares coefficients of maps given over the basis's texels; exact, since the columns are orthogonal."""
    return ((rows - basis.mean) @ (basis.basis / (basis.basis**2).sum(axis=1, keepdims=True)).T).astype(np.float32)
