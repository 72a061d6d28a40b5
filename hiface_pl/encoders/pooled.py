"""The paper's encoder: a backbone, global average pooling, one linear head a coefficient vector."""

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import CoefficientVector, zero_linear
from hiface_pl.encoders.weights import BackboneWeights, image_statistics, pooled_features
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Encoded


class PooledEncoder(Encoder):
    """A timm backbone by name, pooled, and linear heads for (beta, xi, phi, alpha, gamma, p). Paper: ResNet-50 from ImageNet weights.

    All heads are one zero-initialised linear layer, so that step 0 predicts the mean face. Our choice.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, weights: BackboneWeights, backbone: str = "resnet50") -> None:
        super().__init__()
        self.weights = weights
        self.backbone_name = backbone

    def bind(self, assets: FaceAssets) -> None:
        """Creates backbone and heads. Raises ConfigError or AssetError where the backbone or its weights cannot be had."""
        self.backbone = self.weights.create(self.backbone_name)
        mean, std = image_statistics(self.backbone)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)
        self.vector = CoefficientVector(assets)
        self.heads = zero_linear(pooled_features(self.backbone), self.vector.sizes.total)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """Coefficients of each RGB crop in [0, 1]."""
        features: Tensor = self.backbone(((image - self.mean) / self.std).contiguous(memory_format=torch.channels_last))
        with torch.autocast(image.device.type, enabled=False):
            return Encoded(self.vector(self.heads(features.float())))
