"""The encoder of the mini scale: it finds landmarks first and reads pose, identity and expression off them."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad
from typing_extensions import override

from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import CoefficientVector, zero_linear
from hiface_pl.encoders.dense_points import dense_points
from hiface_pl.encoders.geometry_net import GeometryNet
from hiface_pl.encoders.heat_maps import HeatMaps, TopDownPath
from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.encoders.weights import BackboneWeights, image_statistics, pooled_features
from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.camera import project
from hiface_pl.types import Coefficients, Encoded

REDUCTIONS = (4, 8, 16, 32)
POOLED_GAIN = 0.1
"""Share of the pooled path in pose, identity and expression. Our choice: its thousand weights, stepping at the heat maps' learning rate,
would shake these numbers more than they correct them."""


class LandmarkEncoder(Encoder):
    """Backbone -> top-down path -> heat maps -> soft-argmax -> geometry network, plus a zero-initialised linear path from pooled features.

    Our choice for minutes of CPU time: a pooled encoder learns almost no identity there. `geometry` can be trained before any image is
    seen (training/geometry_pretraining.py). `landmarks` counts the points: the 68 and further ones spread over the face.

    `feedback` scales the gradient that losses on coefficients send into the points: at 1 these losses, large at first, hold up the heat
    maps for thousands of images; at 0 points learn from losses on points alone. `frozen_reduction` keeps the backbone as it is until its
    features are that many times smaller than the image (0: all of it learns); with 4, a step costs 40 % less, because the early layers
    see the most pixels.
    """

    mean: Tensor
    std: Tensor
    gains: Tensor

    def __init__(
        self,
        weights: BackboneWeights,
        backbone: str = "tf_efficientnet_lite0",
        landmarks: int = 200,
        width: int = 96,
        hidden: int = 512,
        layers: int = 3,
        frozen_reduction: int = 0,
        feedback: float = 0.0,
    ) -> None:
        super().__init__()
        self.weights = weights
        self.backbone_name = backbone
        self.count = landmarks
        self.width = width
        self.hidden = hidden
        self.layers = layers
        self.frozen_reduction = frozen_reduction
        self.feedback = feedback
        self.frozen: list[torch.nn.Module] = []

    def bind(self, assets: FaceAssets) -> None:
        """Creates the network for this face model. Raises ConfigError or AssetError (backbone, weights, number of landmarks)."""
        self.backbone = self.weights.create(self.backbone_name)
        self.frozen = frozen_until(self.backbone, self.frozen_reduction)
        self.train(self.training)  # Lightning never calls train() when a fit starts: what is frozen has to be in evaluation already here
        mean, std = image_statistics(self.backbone)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)
        self.vector = CoefficientVector(assets)
        places = mean_places(assets, self.count)
        self.levels, channels = _levels(self.backbone)
        self.path = TopDownPath(channels, self.width)
        self.heat_maps = HeatMaps(self.width, places)
        self.geometry = GeometryNet(places, self.vector.sizes.geometry, self.hidden, self.layers)
        sizes = self.vector.sizes
        gains = torch.ones(sizes.total)
        gains[: sizes.geometry] = POOLED_GAIN
        self.register_buffer("gains", gains, persistent=False)
        self.heads = zero_linear(pooled_features(self.backbone), sizes.total)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """Coefficients and image landmarks of each RGB crop in [0, 1]."""
        normal = ((image - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        last, features = self.backbone.forward_intermediates(normal, indices=self.levels)  # type: ignore[operator]
        points: Tensor = self.heat_maps(self.path(features))
        with torch.autocast(image.device.type, enabled=False):  # a geometry net in bfloat16 would round poses to a millimetre
            pooled: Tensor = self.gains * self.heads(self.backbone.forward_head(last).float())  # type: ignore[operator]
            coefficients = self.vector(pooled + self._padded_geometry(self._guarded(points)))
        return Encoded(coefficients, landmarks=points[:, :68], dense=points)

    @override
    def train(self, mode: bool = True) -> "LandmarkEncoder":
        """Switches to training or evaluation; what is frozen stays in evaluation."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def read_geometry(self, points: Float[Tensor, "b n 2"]) -> Coefficients:
        """What landmarks alone tell: pose, identity and expression, with everything else at its default."""
        return self.vector(self._padded_geometry(points))

    def _guarded(self, points: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """The same points; of what losses on coefficients say about them, the share `feedback` gets through."""
        return torch.lerp(points.detach(), points, self.feedback)

    def _padded_geometry(self, points: Float[Tensor, "b n 2"]) -> Float[Tensor, "b k"]:
        sizes = self.vector.sizes
        return pad(self.geometry(points), (0, sizes.total - sizes.geometry))


def mean_places(assets: FaceAssets, count: int) -> Float[Tensor, "n 2"]:
    """Image coordinates of the mean face's `dense_points` when its crop is the whole image."""
    points = torch.from_numpy(dense_points(assets, count).on(assets.model.mean))
    return project((points + middle_of_the_crop(points[:68]))[None])[0]


def _levels(backbone: torch.nn.Module) -> tuple[list[int], list[int]]:
    """Which of the backbone's features are a 4th to a 32nd of the image's size, and their channels."""
    stages: list[dict[str, int]] = list(backbone.feature_info)  # type: ignore[arg-type]
    of_reduction = {stage["reduction"]: level for level, stage in enumerate(stages)}
    levels = [of_reduction[reduction] for reduction in REDUCTIONS]
    return levels, [stages[level]["num_chs"] for level in levels]


def frozen_until(backbone: torch.nn.Module, reduction: int) -> list[torch.nn.Module]:
    """Stops the layers up to the features of this reduction from learning, and returns them. Raises ConfigError for an odd reduction."""
    if reduction == 0:
        return []
    stages = {stage["reduction"]: stage["module"] for stage in backbone.feature_info}  # type: ignore[union-attr]
    if reduction not in stages:
        raise ConfigError(f"frozen_reduction={reduction} is none of the backbone's: name 0 or one of {sorted(stages)}")
    layers = [(name, module) for name, module in backbone.named_modules() if list(module.parameters(recurse=False))]
    last = max(index for index, (name, _) in enumerate(layers) if f"{name}.".startswith(f"{stages[reduction]}."))
    frozen = [module for _, module in layers[: last + 1]]
    for module in frozen:
        module.requires_grad_(requires_grad=False)
    return frozen
