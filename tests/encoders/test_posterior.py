"""The posterior of wrinkles: its closed forms against their definitions, and what calibration measures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal

from hiface_pl.details.read_poles import ReadPoles
from hiface_pl.encoders.authored_prior import AuthoredPrior
from hiface_pl.encoders.pooled import PooledEncoder
from hiface_pl.encoders.posterior import PosteriorEncoder, read_of
from hiface_pl.encoders.unwrapped import UnwrappedEncoder
from hiface_pl.encoders.weights import Scratch
from hiface_pl.encoders.wrinkle_noise import WrinkleNoise
from hiface_pl.synthesis.wrinkles import WrinkleSampler
from hiface_pl.training.wrinkle_calibration import calibrate
from hiface_pl.types import Coefficients, FaceBatch, Labels, Pose
from tests.tiny import tiny_assets


def encoder() -> PosteriorEncoder:
    torch.manual_seed(0)
    inner = UnwrappedEncoder(PooledEncoder(Scratch(), backbone="mobilenetv3_small_050"), step=1, widths=(8, 8), squeeze=4, hidden=16)
    made = PosteriorEncoder(inner, people=64, modes=2, directions=3)
    made.bind(tiny_assets())
    torch.nn.init.normal_(inner.read.out.weight)
    return made.eval()


def normal_equations(count: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(count, 2 * size, size, generator=generator) / size**0.5
    return rows.mT @ rows, torch.randn(count, size, generator=generator)


def test_the_posterior_mean_is_that_of_the_mixture() -> None:
    prior = AuthoredPrior(tiny_assets(), 32).double()
    size = prior.people.shape[1]
    normal, right = (value.double() for value in normal_equations(2, size))
    covariance = torch.linalg.inv(prior.precision)
    for row in range(2):
        noise = torch.linalg.inv(normal[row])
        seen = noise @ right[row]
        evidence = MultivariateNormal(prior.people, covariance + noise).log_prob(seen)
        gain = covariance @ torch.linalg.inv(covariance + noise)
        means = prior.people + (seen - prior.people) @ gain.mT
        torch.testing.assert_close(prior(normal, right, torch.zeros(2, 32).double())[row], torch.softmax(evidence, dim=0) @ means)


def test_patterns_of_noise_are_integrated_out() -> None:
    noise = WrinkleNoise(30, 3).double()
    generator = torch.Generator().manual_seed(2)
    noise.modes.copy_(torch.randn(3, 30, generator=generator))
    noise.gain.fill_(0.7)
    jacobian, fine = torch.randn(1, 4, 30, generator=generator).double(), 1e-4 * torch.randn(1, 30, generator=generator).double()
    normal, right = noise.equations(fine, jacobian, torch.ones(1, 30).double(), temper=1.0)
    covariance = 0.01 * torch.eye(30).double() + noise.modes.mT @ noise.modes
    rows = 0.7 * jacobian[0]
    torch.testing.assert_close(normal[0], rows @ torch.linalg.solve(covariance, rows.mT), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(right[0], rows @ torch.linalg.solve(covariance, fine[0]), rtol=1e-4, atol=1e-6)


def test_a_population_is_distributed_as_single_people() -> None:
    sampler, count = WrinkleSampler(tiny_assets().detail), 4000
    many = sampler.population(np.random.default_rng(0), np.full(count, 50.0), np.ones(count))
    rng = np.random.default_rng(1)
    single = np.stack([np.concatenate(sampler.draw(rng, 50.0, 1.0)) for _ in range(count)])
    assert np.abs(many.mean(axis=0) - single.mean(axis=0)).max() < 0.15 * single.std(axis=0).max()
    assert many.std(axis=0) == pytest.approx(single.std(axis=0), rel=0.1, abs=0.02)


def labelled(count: int) -> FaceBatch:
    assets = tiny_assets()
    generator = torch.Generator().manual_seed(4)
    sizes = [len(basis.basis) for basis in (assets.detail.static, assets.detail.compressed, assets.detail.stretched)]
    static, compressed, stretched = (torch.randn(count, size, generator=generator) for size in sizes)
    yes, empty = torch.ones(count, dtype=torch.bool), torch.zeros(count, 1)
    face = Coefficients(empty, empty, static, empty, torch.zeros(count, 9, 3), Pose(torch.zeros(count, 3), torch.zeros(count, 3)))
    flags = dict.fromkeys(("has_geometry", "has_detail", "has_age", "has_landmarks"), yes)
    rest = {"age": torch.zeros(count, 81), "landmarks": torch.zeros(count, 68, 2), "certainty": torch.zeros(count, 68)}
    labels = Labels(**flags, **rest, coefficients=face, compressed=compressed, stretched=stretched, mask=torch.zeros(count, 1, 64, 64))
    return FaceBatch(torch.rand(count, 3, 64, 64, generator=generator), labels, torch.arange(count))


def test_calibration_measures_noise_and_reader() -> None:
    made, batch = encoder(), labelled(12)
    calibrate(made, tiny_assets(), [batch[:6], batch[6:]])
    seen = made.look(batch.image, made.reader(batch.image).coefficients)
    bias, deviation = made.noise.level
    visible = seen.seen.sum(dim=0) > 3
    weighted = (seen.seen * seen.fine.clamp(-0.3, 0.3)).sum(dim=0) / seen.seen.sum(dim=0)
    torch.testing.assert_close(bias[visible], weighted[visible])
    assert (made.noise.modes.square().sum(dim=0) <= 1.5 * deviation.square()).float().mean() > 0.9
    assert ((made.explained >= 0) & (made.explained <= 0.9)).all()
    people = (made.prior.people - made.prior.mean) @ made.channel
    torch.testing.assert_close(people.mT @ people / len(people), torch.eye(3), rtol=1e-3, atol=1e-3)


def test_the_face_is_the_readers_and_the_wrinkles_lie_between_reading_and_posterior() -> None:
    made, image = encoder(), torch.rand(2, 3, 64, 64)
    found, read = made(image).coefficients, made.reader(image).coefficients
    assert torch.equal(found.identity, read.identity)
    assert torch.equal(found.pose.rotation, read.pose.rotation)
    believed = made.posterior(made.look(image, read), read_of(read))
    torch.testing.assert_close(read_of(found), 0.5 * (read_of(read) + believed))
    assert not torch.equal(found.static, read.static)
    head = ReadPoles()
    head.bind(tiny_assets())
    assert torch.equal(head.spanned(replace(found)).compressed, found.compressed)


def test_where_the_face_is_needs_no_look_at_wrinkles(monkeypatch: pytest.MonkeyPatch) -> None:
    made, image = encoder(), torch.rand(2, 3, 64, 64)
    expected = made(image).coefficients
    monkeypatch.setattr(made, "look", lambda *_: pytest.fail("looked at wrinkles"))
    monkeypatch.setattr(type(made.reader.solve), "forward", lambda *_: pytest.fail("read wrinkles"))
    found = made.located(image).coefficients
    assert torch.equal(found.pose.translation, expected.pose.translation)
    assert torch.equal(found.identity, expected.identity)
