import numpy as np

from hiface_pl.synthesis.authoring.strain import action_shapes, edge_tension, fold_field
from tests.tiny import tiny_model


def test_tension_of_a_uniform_shrink(tiny):
    model = tiny.model
    tension = edge_tension(model, model.mean, 0.9 * model.mean)
    np.testing.assert_allclose(tension, 0.1, atol=1e-4)


def test_model_without_known_units_gets_one_action_a_unit():
    model = tiny_model()
    renamed = type(model)(**{**model.__dict__, "expression_names": ("a", "b", "c", "d")})
    assert len(action_shapes(renamed)) == 4
    assert 0 < len(action_shapes(model)) <= 12


def test_brow_raise_squeezes_the_forehead_up_and_down(open_face, canvas):
    folds = fold_field(open_face, canvas)
    chart = canvas.chart
    forehead = (np.abs(canvas.s) < 15) & (canvas.y > chart.brow_y + 12) & (canvas.y < chart.hairline_y - 8) & canvas.atlas.covered
    cheek = (np.abs(canvas.s) > 30) & (canvas.y < chart.eye_y - 60) & (canvas.detail > 0.5)
    assert np.median(np.abs(np.sin(folds.angle[forehead]))) > 0.9
    assert folds.strength[forehead].mean() > 2 * folds.strength[cheek].mean()
    assert folds.tension[forehead].mean() > 0.03
