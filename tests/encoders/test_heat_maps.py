import torch

from hiface_pl.encoders.dense_points import dense_points
from hiface_pl.encoders.dense_surface import DenseSurface
from hiface_pl.encoders.geometry_net import GeometryNet
from hiface_pl.encoders.heat_maps import GAIN, PRIOR_SPREAD, HeatMaps, cell_centres, soft_argmax
from tests.tiny import tiny_assets


def test_soft_argmax_finds_a_delta() -> None:
    logits = torch.full((1, 2, 8, 8), -1e4)
    logits[0, 0, 6, 1] = 0.0
    logits[0, 1, 0, 7] = 0.0
    torch.testing.assert_close(soft_argmax(logits)[0], torch.tensor([[1.5 / 8, 6.5 / 8], [7.5 / 8, 0.5 / 8]]))


def test_soft_argmax_between_two_cells_is_between() -> None:
    logits = torch.full((1, 1, 4, 4), -1e4)
    logits[0, 0, 2, 1:3] = 0.0
    torch.testing.assert_close(soft_argmax(logits)[0, 0], torch.tensor([0.5, 2.5 / 4]))


def test_points_start_where_the_mean_face_has_them() -> None:
    places = torch.tensor([[0.5, 0.5], [0.3, 0.7]])
    points = HeatMaps(4, places)(torch.zeros(1, 4, 28, 28))
    torch.testing.assert_close(points[0], places, atol=0.01, rtol=0)


def test_geometry_net_starts_at_zero_and_sees_shift_and_size() -> None:
    places = torch.rand(70, 2, generator=torch.Generator().manual_seed(0))
    net = GeometryNet(places, outputs=5, hidden=8, layers=1)
    assert not net(places[None] + 0.1).any()
    torch.nn.init.ones_(net.straight.weight[:, :3])
    assert not net(places[None])[:, 0].abs() > 1e-4
    assert (net(places[None] + 0.1)[:, 0] > 0.1).all()
    assert (net((places[None] - places.mean(0)) * 1.2 + places.mean(0))[:, 0] > 0.1).all()


def test_dense_points_are_nested_and_distinct() -> None:
    assets = tiny_assets()
    few, many = dense_points(assets, 75), dense_points(assets, 90)
    assert (few.vertices == many.vertices[:75]).all()
    extra = many.vertices[68:, 0]
    assert len(set(extra.tolist())) == len(extra)
    assert (assets.regions.face[extra] > 0.5).all()
    assert (many.vertices[:68] == assets.model.keypoints68.vertices).all()


def test_dense_surface_is_the_model_at_those_points() -> None:
    assets = tiny_assets()
    rng = torch.Generator().manual_seed(0)
    identity, expression = torch.randn(1, 4, generator=rng), torch.rand(1, 4, generator=rng)
    mesh = assets.model.vertices(identity[0].numpy(), expression[0].numpy())
    expected = torch.from_numpy(dense_points(assets, 90).on(mesh))
    torch.testing.assert_close(DenseSurface(assets, 90)(identity, expression)[0], expected, atol=1e-3, rtol=1e-5)


def test_heat_maps_are_a_pointwise_convolution_over_a_prior() -> None:
    torch.manual_seed(0)
    places = torch.rand(7, 2)
    heat_maps, features = HeatMaps(5, places), torch.randn(2, 5, 6, 4).contiguous(memory_format=torch.channels_last)
    grid = cell_centres(6, 4)
    prior = -0.5 * ((grid[None] - places[:, None, None]) / PRIOR_SPREAD).square().sum(-1)
    torch.testing.assert_close(heat_maps(features), soft_argmax(GAIN * heat_maps.maps(features) + prior))


def test_points_stay_exact_where_the_backbone_is_not() -> None:
    heat_maps, features = HeatMaps(5, torch.rand(7, 2)), torch.randn(2, 5, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        found = heat_maps(features)
    assert torch.equal(found, heat_maps(features))
