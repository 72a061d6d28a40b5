import numpy as np
import torch

from hiface_pl.details.uv import VertexToTexels, VertexToUv
from hiface_pl.face_models.face_assets import FaceAssets
from tests.tiny import MAP


def test_texture_coordinates_land_on_their_own_texels(tiny: FaceAssets) -> None:
    centre = (np.arange(MAP) + 0.5) / MAP
    u, v = np.meshgrid(centre, centre[::-1])
    maps = VertexToUv(tiny.atlas, tiny.model)(torch.from_numpy(tiny.model.uv)[None])[0].numpy()
    np.testing.assert_allclose(maps[:, tiny.atlas.covered], np.stack([u, v])[:, tiny.atlas.covered], atol=1e-6)


def test_texels_off_the_chart_have_the_nearest_texel_s_value(tiny: FaceAssets) -> None:
    values = torch.from_numpy(np.random.default_rng(0).random((2, len(tiny.model.mean), 3), dtype=np.float32))
    maps = VertexToUv(tiny.atlas, tiny.model)(values).flatten(2)
    assert not tiny.atlas.covered.all()
    torch.testing.assert_close(maps, maps[..., torch.from_numpy(tiny.atlas.nearest).long().ravel()], rtol=0, atol=0)


def test_chosen_texels_are_those_of_the_map(tiny: FaceAssets) -> None:
    values = torch.rand(2, len(tiny.model.mean), 2)
    maps = VertexToUv(tiny.atlas, tiny.model)(values).flatten(2)
    texels = VertexToTexels(tiny.atlas, tiny.model, tiny.detail.texels)(values)
    torch.testing.assert_close(texels, maps[..., torch.from_numpy(tiny.detail.texels).long()], rtol=0, atol=0)


def test_gradients_are_those_of_finite_differences(tiny: FaceAssets) -> None:
    to_texels = VertexToTexels(tiny.atlas, tiny.model, tiny.detail.texels[::7]).double()
    values = torch.rand(2, len(tiny.model.mean), 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(to_texels, (values,))
