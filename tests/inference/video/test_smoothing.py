from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.data.crop import Crop
from hiface_pl.inference.video.smoothing import one_person, person_weights, smoothed, smoothing_rows
from hiface_pl.inference.video.track import FaceTrack, TrackRecorder
from hiface_pl.types import Coefficients, Pose

RNG = np.random.default_rng(5)
TIMES = np.cumsum(RNG.uniform(0.02, 0.06, 40))


def track(noise: float = 0.0, missing: tuple[int, ...] = ()) -> FaceTrack:
    """A head that turns steadily while its crop jumps about."""
    recorder = TrackRecorder()
    for row, time in enumerate(TIMES.tolist()):
        if row in missing:
            continue
        crop = Crop(100 + RNG.normal(0, 3), 80.0, 60 * np.exp(RNG.normal(0, 0.05)))
        place, scale = np.array([110 + 5 * time, 90.0]), 0.3
        depth = -4.5 * crop.side / scale
        translation = torch.tensor([[(place[0] - crop.x) / scale, (crop.y - place[1]) / scale, depth]]).float()
        rotation = torch.tensor([[0.1, 0.3 * time, 0.0]]).float() + noise * torch.from_numpy(RNG.normal(size=(1, 3))).float()
        expression = torch.full((1, 4), time**2) + noise * torch.from_numpy(RNG.normal(size=(1, 4))).float()
        identity = torch.full((1, 3), float(row % 2))
        own = Coefficients(identity, expression, identity, identity, torch.ones(1, 9, 3), Pose(rotation, translation))
        recorder.add(row, crop, 0.005, np.zeros((68, 2), np.float32), own)
    return recorder.track(TIMES.tolist())


def test_parabolas_at_any_times_come_back():
    rows = smoothing_rows(TIMES, np.ones(40, bool), 0.1)
    np.testing.assert_allclose(rows @ (3 - 2 * TIMES + 5 * TIMES**2), 3 - 2 * TIMES + 5 * TIMES**2, atol=1e-9)


def test_nothing_is_carried_over_a_gap_and_unseen_rows_are_empty():
    seen = np.ones(40, bool)
    seen[10:30] = False
    rows = smoothing_rows(TIMES, seen, 0.3).toarray()
    assert not rows[10:30].any()
    assert not rows[:, 10:30].any()
    assert not rows[:10, 30:].any()
    np.testing.assert_allclose(rows[seen].sum(axis=1), 1, atol=1e-9)


def test_a_single_frame_stays():
    seen = np.zeros(40, bool)
    seen[7] = True
    np.testing.assert_allclose(smoothing_rows(TIMES, seen, 0.1) @ TIMES, np.where(seen, TIMES, 0))


def test_steady_movement_stays_whatever_the_crops_do():
    read = track()
    found = smoothed(read, 0.1)
    np.testing.assert_allclose(found.coefficients.expression, read.coefficients.expression, atol=1e-4)
    np.testing.assert_allclose(found.coefficients.pose.rotation, read.coefficients.pose.rotation, atol=1e-3)
    np.testing.assert_allclose(found.coefficients.pose.translation, read.coefficients.pose.translation, rtol=1e-4, atol=0.02)


def test_trembling_goes_and_unseen_frames_stay_unseen():
    noisy = track(noise=0.05, missing=(12, 13))
    found = smoothed(noisy, 0.1)
    truth = TIMES[:, None] ** 2

    def wrong(one: FaceTrack) -> float:
        return float(np.nanstd(one.coefficients.expression.numpy() - truth))

    assert wrong(found) < 0.6 * wrong(noisy)
    assert found.coefficients.expression[12:14].isnan().all()
    assert found.coefficients.pose.rotation[12:14].isnan().all()
    assert found.coefficients.identity[12:14].isnan().all()


def test_a_person_is_the_mean_of_clear_frames():
    read = track()
    doubt = np.where(np.arange(40) % 2 == 0, 0.06, 0.005)  # the frames that read an identity of 0 are doubtful
    identity = one_person(replace(read, doubt=doubt)).identity
    assert np.ptp(identity.numpy(), axis=0).max() == 0
    assert identity[0, 0] > 0.98
    turned = replace(read.coefficients.pose, rotation=torch.tensor([0.0, 1.2, 0.0]).expand(40, 3))
    aside = replace(read, coefficients=replace(read.coefficients, pose=turned))
    assert person_weights(aside).max() < 0.15
    assert person_weights(read).max() == pytest.approx(1, abs=0.1)
