import numpy as np

from hiface_pl.inference.exports.number_text import rows_of_numbers


def test_decimals_are_those_of_python():
    values = np.concatenate([np.random.default_rng(0).normal(0, 300, (500, 3)), [[0, 0.5, -0.25], [1e-3, -12345.6789, 99999.99996]]])
    assert rows_of_numbers("v", values, "   ", 4).decode() == "".join("v {:.4f} {:.4f} {:.4f}\n".format(*row) for row in values)
    assert rows_of_numbers("v", np.array([[-0.00001]]), " ", 4) == b"v 0.0000\n"


def test_whole_numbers_with_their_separators():
    assert rows_of_numbers("f", np.array([[1, 22, 333, 4, 5, 60]]), " // //") == b"f 1/22/333 4/5/60\n"
    assert rows_of_numbers("f", np.zeros((0, 3), int), " //") == b""
