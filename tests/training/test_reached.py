import torch
from torch import nn

from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.losses.age import AgeLoss
from hiface_pl.losses.base import Loss
from hiface_pl.losses.bundle import LossBundle
from hiface_pl.losses.detail import StaticDetailLoss
from hiface_pl.losses.spanned import IdentityLoss
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.training.distributed import constants, running_statistics
from hiface_pl.training.module import HiFaceModule
from hiface_pl.training.reached import evaluating, unreached_parameters
from tests.losses.faces import SIZE
from tests.training.suite import TinyEncoder, TinyFace, samples_of, tiny_face_assets


def module_of(monkeypatch, **losses: Loss) -> HiFaceModule:
    monkeypatch.setattr("hiface_pl.reconstructor.face_assets", tiny_face_assets)
    network = Reconstructor(TinyFace(), TinyEncoder(), LinearShape(), SDDetail(hidden=[8]), Renderer(), image_size=SIZE)
    return HiFaceModule(network, LossBundle(**losses))


def tops(names: list[str]) -> set[str]:
    return {name.removeprefix("reconstructor.").split(".")[0] for name in names}


def test_switched_off_losses_leave_their_parts_unreached(monkeypatch) -> None:
    assert tops(unreached_parameters(module_of(monkeypatch, identity=IdentityLoss()))) == {"age_head", "detail"}
    assert tops(unreached_parameters(module_of(monkeypatch, static=StaticDetailLoss()))) == {"age_head", "detail"}
    assert tops(unreached_parameters(module_of(monkeypatch, age=AgeLoss()))) == {"detail"}


def test_what_is_unreached_gets_no_gradient_in_a_step(monkeypatch) -> None:
    module = module_of(monkeypatch, static=StaticDetailLoss(), identity=IdentityLoss())
    expected = set(unreached_parameters(module))
    batch = samples_of([0, 1])
    module.losses(module(batch, module.losses.needs), batch).total.backward()
    assert {name for name, parameter in module.named_parameters() if parameter.grad is None} == expected


def test_looking_changes_nothing(monkeypatch) -> None:
    module = module_of(monkeypatch, identity=IdentityLoss())
    module.reconstructor.age_head.eval()
    before = torch.get_rng_state()
    unreached_parameters(module)
    assert torch.equal(torch.get_rng_state(), before)
    assert not module.reconstructor.age_head.training
    assert module.reconstructor.encoder.training
    assert all(parameter.grad is None for parameter in module.parameters())


def test_what_is_never_sent_and_what_is_averaged(monkeypatch) -> None:
    module = module_of(monkeypatch, identity=IdentityLoss())
    module.reconstructor.encoder.norms = nn.Sequential(nn.BatchNorm2d(3), nn.BatchNorm1d(2).eval(), nn.SyncBatchNorm(3))
    assert not [name for name in constants(module) if "norms" in name]
    assert {"losses.weights"} <= set(constants(module))
    assert [value.shape[0] for value in running_statistics(module)] == [3, 3]
    with evaluating(module):
        assert running_statistics(module) == []
