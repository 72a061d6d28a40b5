import numpy as np
import pytest

from hiface_pl.report.matrix_page.packing import deflated, inflated


def test_whole_numbers_come_back_exactly() -> None:
    values = np.array([0, -1, 1, 70_000, -70_000, 2**30, -(2**30), 5])
    assert (inflated(deflated(values)) == values).all()
    assert inflated(deflated(np.zeros(0))).size == 0


def test_lengths_come_back_to_half_a_step_and_smooth_ones_are_small() -> None:
    values = np.sin(np.linspace(0, 20, 9_000)).reshape(3, 3_000)
    content = deflated(values, 0.002)
    assert np.abs(inflated(content) * 0.002 - values.ravel()).max() <= 0.001 + 1e-9
    assert len(content) < 9_000


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not deflated"):
        inflated(b"something else")
