import pytest
import torch

from hiface_pl.details.animate import Shown, retarget, show
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from tests.details.faces import coefficients


def test_the_source_keeps_its_person_and_takes_the_driver_s_expressions(tiny: FaceAssets) -> None:
    source, driver = coefficients(tiny, batch=1, seed=1), coefficients(tiny, batch=4, seed=2)
    frames = retarget(source, driver)
    assert torch.equal(frames.identity, source.identity.expand(4, -1))
    assert torch.equal(frames.static, source.static.expand(4, -1))
    assert torch.equal(frames.pose.rotation, source.pose.rotation.expand(4, -1))
    assert torch.equal(frames.expression, driver.expression)


def test_static_detail_stays_while_dynamic_detail_follows(tiny: FaceAssets) -> None:
    head, decoder = SDDetail(hidden=(8,)), LinearShape()
    head.bind(tiny)
    decoder.bind(tiny)
    frames = retarget(coefficients(tiny, batch=1, seed=1), coefficients(tiny, batch=3, seed=2))
    maps = head(frames, decoder(frames))
    torch.testing.assert_close(maps.static, maps.static[:1].expand_as(maps.static))
    assert (maps.dynamic[0] - maps.dynamic[1]).abs().max() > 1e-3


def test_three_faces_cannot_be_driven_by_two_frames(tiny: FaceAssets) -> None:
    with pytest.raises(ValueError, match="2 faces cannot be paired with 3 frames"):
        retarget(coefficients(tiny, batch=3), coefficients(tiny, batch=2))


@pytest.mark.parametrize(
    ("shown", "static", "dynamic"), [(Shown.STATIC, True, False), (Shown.DYNAMIC, False, True), (Shown.BOTH, True, True)]
)
def test_each_kind_of_detail_can_be_switched(tiny: FaceAssets, shown: Shown, static: bool, dynamic: bool) -> None:
    head, decoder, given = SDDetail(hidden=(8,)), LinearShape(), coefficients(tiny)
    head.bind(tiny)
    decoder.bind(tiny)
    maps = head(given, decoder(given))
    expected = static * maps.static + dynamic * maps.dynamic
    assert torch.equal(show(maps, shown).total, expected)
