import numpy as np
import pytest

from hiface_pl.synthesis.authoring.displacement_bases import detail_bases, project, subject_rows


def rms(values, mask):
    return float(np.sqrt((values[mask] ** 2).mean()))


@pytest.mark.parametrize("kind", ["inside", "outside"])
def test_same_seed_same_maps_other_seed_other_maps(kind, request):
    author = request.getfixturevalue(kind)
    first, again, other = author.draw(4, 60, 1.0), author.draw(4, 60, 1.0), author.draw(5, 60, 1.0)
    for name in ("static", "compressed", "stretched"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert np.abs(getattr(first, name) - getattr(other, name)).max() > 0.02


def test_maps_are_zero_off_the_mask_and_finite(inside):
    maps = inside.draw(1, 70, 0.0)
    hole = inside.canvas.detail == 0
    for values in (maps.static, maps.compressed, maps.stretched):
        assert np.isfinite(values).all()
        assert np.abs(values[hole]).max() == 0
        assert 0.01 < np.abs(values).max() < 2.5


def test_wrinkles_deepen_with_age(inside):
    mask = inside.canvas.detail > 0.5
    for name in ("static", "compressed"):
        levels = [
            np.mean([rms(getattr(inside.draw(seed, age, seed % 2), name), mask) for seed in range(6)]) for age in (20, 35, 50, 65, 80)
        ]
        assert levels == sorted(levels)
        assert levels[-1] > 2 * levels[0]


def test_poles_are_residuals_that_deepen_or_smooth_the_static_lines(inside):
    maps = inside.draw(3, 72, 1.0)
    deep = (inside.canvas.detail > 0.5) & (maps.static < -0.3)
    assert deep.sum() > 20
    assert (maps.static + maps.stretched)[deep].mean() > 0.7 * maps.static[deep].mean()
    assert maps.compressed[deep].mean() < 0


def test_families_are_shared_by_subjects(inside, outside):
    """A basis from some subjects holds new ones of the same families, not ones with lines of their own."""
    bases = detail_bases(inside, subjects=90, modes=60)
    for name, index in (("static", 0), ("compressed", 1)):
        basis = getattr(bases, name)
        held = []
        for author in (inside, outside):
            rows = np.stack([subject_rows(author, bases.texels, 900 + i, 30.0 + 5 * i, i % 2)[index] for i in range(10)])
            rest = rows - basis.mean - project(basis, rows) @ basis.basis
            held.append(1 - (rest**2).sum() / ((rows - basis.mean) ** 2).sum())
        assert held[0] > 0.75, name
        assert held[0] > held[1] + 0.2, name


def test_bases_are_orthogonal_with_unit_variance_and_coherent_banks(inside):
    told = []
    bases = detail_bases(inside, subjects=30, modes=12, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (30, 30)
    assert bases.bank_age.shape == (30,)
    assert bases.texels.max() < bases.size**2
    for name in ("static", "compressed", "stretched"):
        basis, bank = getattr(bases, name), getattr(bases, f"bank_{name}")
        gram = basis.basis @ basis.basis.T
        scale = np.sqrt(np.diag(gram))
        assert np.abs(gram / scale[:, None] / scale - np.eye(12)).max() < 2e-3
        np.testing.assert_allclose(bank.std(axis=0, ddof=1), 1, atol=1e-2)
        np.testing.assert_allclose(bank.mean(axis=0), 0, atol=1e-3)
        rows = basis.mean + bank @ basis.basis
        np.testing.assert_allclose(project(basis, rows), bank, atol=5e-3)
    # row i of all three banks is subject i
    rows = subject_rows(inside, bases.texels, 5007, float(bases.bank_age[7]), float(bases.bank_male[7]))
    for row, name in zip(rows, ("static", "compressed", "stretched"), strict=True):
        np.testing.assert_allclose(project(getattr(bases, name), row[None])[0], getattr(bases, f"bank_{name}")[7], atol=2e-2)
