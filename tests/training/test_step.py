"""A training step never waits for an accelerator, and its log has the numbers of the steps that are logged."""

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import hiface_pl.training.module as under_test
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.losses.age import AgeLoss
from hiface_pl.losses.appearance import AlbedoLoss, LightingLoss
from hiface_pl.losses.bundle import LossBundle
from hiface_pl.losses.detail import CompressedDetailLoss, StaticDetailLoss, StretchedDetailLoss
from hiface_pl.losses.kl import IdentityDivergenceLoss
from hiface_pl.losses.landmark import LandmarkLoss
from hiface_pl.losses.pose import PoseLoss
from hiface_pl.losses.regularisation import RegularisationLoss
from hiface_pl.losses.spanned import ExpressionLoss, IdentityLoss
from hiface_pl.losses.vertex import VertexLoss
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.training.finite import Arrival
from tests.losses.faces import batch_of
from tests.tiny import tiny_assets
from tests.training.conftest import Run
from tests.training.suite import TinyEncoder, TinyFace, tiny_face_assets

WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "unique", "_unique2")


class NoWaiting(TorchDispatchMode):
    """Fails at operations whose result has to come to the host: on an accelerator each of them waits for all work so far."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in WAITING, name
        if name in {"index", "index_put", "index_put_"}:
            assert not any(index is not None and index.dtype == torch.bool for index in args[1]), "indexing by a mask"
        return func(*args, **(kwargs or {}))


def training(monkeypatch: pytest.MonkeyPatch) -> under_test.HiFaceModule:
    monkeypatch.setattr("hiface_pl.reconstructor.face_assets", tiny_face_assets)
    parts = TinyFace(), TinyEncoder(), LinearShape(), SDDetail(hidden=(8,)), Renderer()
    losses = LossBundle(
        static=StaticDetailLoss(),
        compressed=CompressedDetailLoss(),
        stretched=StretchedDetailLoss(),
        vertex=VertexLoss(),
        divergence=IdentityDivergenceLoss(),
        landmark=LandmarkLoss(),
        age=AgeLoss(),
        regularisation=RegularisationLoss(),
        pose=PoseLoss(),
        identity=IdentityLoss(),
        expression=ExpressionLoss(),
        albedo=AlbedoLoss(),
        lighting=LightingLoss(),
    )
    module = under_test.HiFaceModule(Reconstructor(*parts), losses)
    module._trainer = SimpleNamespace(log_every_n_steps=0)
    return module


def test_a_step_that_is_not_logged_brings_nothing_to_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    module, batch = training(monkeypatch), batch_of(tiny_assets())
    monkeypatch.setattr(Arrival, "ready", lambda self: False)  # as on an accelerator
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: pytest.fail("brought to the host"))
    with NoWaiting():
        loss = module.training_step(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    assert all(parameter.grad.isfinite().all() for parameter in module.reconstructor.encoder.parameters())


def test_the_guard_notices_what_it_forbids() -> None:
    with pytest.raises(AssertionError), NoWaiting():
        float(torch.ones(1))
    with pytest.raises(AssertionError), NoWaiting():
        torch.ones(2)[torch.tensor([True, False])]


def test_every_nth_step_is_logged(run: Run, tmp_path: Path) -> None:
    assert run("fit", "--trainer.log_every_n_steps", 3, "--trainer.max_steps", 8, "--trainer.max_epochs", 10) == 0
    (metrics,) = tmp_path.rglob("metrics.csv")
    rows = [row for row in csv.DictReader(metrics.open()) if row["train/loss"]]
    assert [int(row["step"]) for row in rows] == [2, 5]
    weighted = sum(float(rows[0][f"train/{name}"]) for name in ("identity", "static", "age"))
    assert float(rows[0]["train/loss"]) == pytest.approx(weighted, rel=1e-5)


def test_a_fused_optimiser_with_clipping_goes_on_where_it_stopped(run: Run, tmp_path: Path) -> None:
    fused = ["--model.optimizer", "torch.optim.AdamW", "--model.optimizer.fused", "true", "--trainer.gradient_clip_val", "0.5"]
    assert run("fit", *fused, "--trainer.max_steps", 4, "--name", "whole") == 0
    assert run("fit", *fused, "--trainer.max_steps", 2, "--name", "half") == 0
    (half,) = tmp_path.rglob("half/*/checkpoints/last.ckpt")
    assert run("fit", *fused, "--trainer.max_steps", 4, "--name", "rest", "--ckpt_path", half) == 0
    whole, rest = (torch.load(next(tmp_path.rglob(f"{name}/*/checkpoints/last.ckpt")), weights_only=True) for name in ("whole", "rest"))
    assert whole["global_step"] == rest["global_step"] == 4
    assert rest["optimizer_states"][0]["param_groups"][0]["fused"] is True
    for name, weight in whole["state_dict"].items():
        torch.testing.assert_close(rest["state_dict"][name], weight)
