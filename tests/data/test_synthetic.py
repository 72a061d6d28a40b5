import torch

from hiface_pl.data.augment import Augmentation, uniforms
from hiface_pl.data.synthetic import SyntheticDataset
from tests.data.fakes import fake_meta, fake_sample, fake_store


def batch_of(path, indices=(1, 4), **options):
    dataset = SyntheticDataset(path, **options)
    return dataset.collate(dataset.__getitems__(list(indices)))


def test_collated_labels_are_the_samples(tmp_path):
    batch = batch_of(fake_store(tmp_path / "store"))
    sample = fake_sample(4, fake_meta())
    assert batch.index.tolist() == [1, 4]
    assert batch.image.shape == (2, 3, 16, 16)
    torch.testing.assert_close(batch.image[1], torch.from_numpy(sample.image).permute(2, 0, 1) / 255)
    coefficients = batch.labels.coefficients
    for name in ("identity", "expression", "static", "albedo", "lighting"):
        torch.testing.assert_close(getattr(coefficients, name)[1], torch.from_numpy(getattr(sample, name)))
    torch.testing.assert_close(coefficients.pose.translation[1], torch.from_numpy(sample.translation))
    torch.testing.assert_close(batch.labels.stretched[1], torch.from_numpy(sample.stretched))
    torch.testing.assert_close(batch.labels.landmarks[1], torch.from_numpy(sample.landmarks))
    assert (batch.labels.mask[1, 0].numpy() == sample.skin).all()
    assert batch.labels.age[1].argmax() == 24
    for flag in ("has_geometry", "has_detail", "has_age", "has_landmarks"):
        assert getattr(batch.labels, flag).all()


def test_augmentation_depends_on_seed_epoch_and_sample_only(tmp_path):
    path = fake_store(tmp_path / "store")
    augment = Augmentation(seed=3)
    both, alone = augment(batch_of(path, (1, 4)), 2), augment(batch_of(path, (4,)), 2)
    torch.testing.assert_close(both.image[1:], alone.image, rtol=0, atol=0)
    assert (augment(batch_of(path, (4,)), 3).image - alone.image).abs().max() > 0.01
    assert (Augmentation(seed=4)(batch_of(path, (4,)), 2).image - alone.image).abs().max() > 0.01


def test_cut_outs_leave_the_mask(tmp_path):
    batch = batch_of(fake_store(tmp_path / "store"), (0, 1, 2, 3, 4))
    changed = Augmentation(gain=0.0, brightness=0.0, contrast=0.0, cutout=1.0, cutout_side=1.0)(batch, 0)
    lost = (changed.image != batch.image).any(dim=1, keepdim=True)
    assert lost.float().mean() > 0.03
    assert changed.labels.mask[lost].max() == 0
    torch.testing.assert_close(changed.labels.mask[~lost], batch.labels.mask[~lost])


def test_hashed_numbers_are_uniform_and_unrelated():
    draw = uniforms(torch.arange(20000), 4, seed=1, epoch=5)
    assert draw.min() >= 0
    assert draw.max() < 1
    torch.testing.assert_close(draw.mean(0), torch.full((4,), 0.5), atol=0.01, rtol=0)
    torch.testing.assert_close(draw.var(0), torch.full((4,), 1 / 12), atol=0.003, rtol=0)
    correlation = torch.corrcoef(torch.cat([draw.T, uniforms(torch.arange(20000), 4, seed=1, epoch=6).T]))
    assert (correlation - torch.eye(8)).abs().max() < 0.03
