import pytest
import torch

from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.encoders.frozen_coarse import FrozenCoarse
from hiface_pl.face_models.face_assets import FaceAssets
from tests.losses.faces import SIZE
from tests.training.suite import DropoutEncoder, TinyEncoder

COARSE = ("identity", "expression", "albedo", "lighting")


def encoder(tiny: FaceAssets, kind: type[TinyEncoder] = TinyEncoder) -> FrozenCoarse:
    torch.manual_seed(0)
    found = FrozenCoarse(kind())
    found.bind(tiny)
    for part in (found.fine, found.coarse):
        torch.nn.init.normal_(part.head.weight, std=0.1)
    return found


def test_the_coarse_face_is_that_of_the_copy_and_detail_that_of_the_other(tiny: FaceAssets) -> None:
    both, image = encoder(tiny), torch.rand(2, 3, SIZE, SIZE)
    found, coarse, fine = (part(image).coefficients for part in (both, both.coarse, both.fine))
    for name in COARSE:
        assert torch.equal(getattr(found, name), getattr(coarse, name))
        assert not torch.equal(getattr(found, name), getattr(fine, name))
    assert torch.equal(found.pose.rotation, coarse.pose.rotation)
    assert torch.equal(found.static, fine.static)


def test_losses_reach_detail_only_and_the_copy_has_nothing_to_learn(tiny: FaceAssets) -> None:
    both = encoder(tiny)
    found = both(torch.rand(2, 3, SIZE, SIZE)).coefficients
    assert not found.identity.requires_grad
    found.static.sum().backward()
    assert both.fine.head.weight.grad.abs().sum() > 0
    assert both.coarse.head.weight.grad is None
    assert all(name.startswith("fine.") for name, value in both.named_parameters() if value.requires_grad)


@pytest.mark.parametrize("told", [False, True])
def test_the_copy_is_in_evaluation_and_stays_there(tiny: FaceAssets, told: bool) -> None:
    both, image = encoder(tiny, DropoutEncoder), torch.rand(2, 3, SIZE, SIZE)
    if told:
        both.train()
    assert both.fine.training
    assert torch.equal(both(image).coefficients.identity, both(image).coefficients.identity)


def test_heads_with_poles_from_the_encoder_get_those_of_the_one_that_learns(tiny: FaceAssets) -> None:
    both = encoder(tiny)
    head = SDDetail()
    head.bind(tiny)
    found = both(torch.rand(2, 3, SIZE, SIZE)).coefficients
    assert found.compressed is None
    torch.autograd.grad(head.pole_coefficients(found)[0].sum(), both.fine.head.weight)
