"""An encoder that looks twice: a coarse one finds the face, the image unwrapped onto it corrects it and shows its wrinkles."""

from dataclasses import replace
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d
from typing_extensions import override

from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import zero_linear
from hiface_pl.encoders.shading_solve import ShadingSolve
from hiface_pl.encoders.unwrapping import UnwrappedSurface
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, Encoded, Pose

MEAN_AMPLITUDE = 0.06
"""Millimetres, the estimate at step 0; the order of magnitude of wrinkles."""
READ_GAIN = 0.3
"""Slows the last layer of the wrinkle reader down against the others, so that one learning rate serves both."""
IDENTITY, EXPRESSION, ROTATION, TRANSLATION, ALBEDO, LIGHTING = 0.3, 0.1, 0.03, (2.0, 2.0, 20.0), 0.3, 0.1
"""Sizes of a correction of one: standard deviations, unit weights, radians, millimetres, standard deviations, light bands."""


class UnwrappedEncoder(Encoder):
    """Corrects a coarse encoder's face from the image unwrapped onto it, then reads wrinkles off the image unwrapped onto the better face.

    Our choice for the mini scale: wrinkles are a pixel wide, so what is read off them hangs on where the face is to a fraction of a pixel.
    The first look predicts a correction of all coarse coefficients. The second feeds `ShadingSolve` and a network with static and pole
    coefficients; losses on detail do not reach the first. `coarse` is any encoder, with `freeze` it stays as it is. `step` is the distance
    of the grid's points in texels of the detail maps, with `finer` 2 shading is read at twice as many (for photos of 224 pixels);
    `coarse_size` is the side to which photos are reduced for the coarse encoder, None leaves them. `widths` are the channels after each
    halving of the grid, `squeeze` those that are kept for each place at the end, `hidden` the width of the last layers. Unlike the
    paper's encoder it reads the poles of the dynamic detail too: use `details.read_poles.ReadPoles` with it.
    """

    def __init__(
        self,
        coarse: Encoder,
        freeze: bool = True,
        step: int = 2,
        finer: int = 1,
        coarse_size: int | None = None,
        widths: tuple[int, ...] = (24, 32, 48, 64),
        squeeze: int = 24,
        hidden: int = 320,
    ) -> None:
        super().__init__()
        self.coarse = coarse
        self.freeze = freeze
        self.step = step
        self.finer = finer
        self.coarse_size = coarse_size
        self.widths = widths
        self.squeeze = squeeze
        self.hidden = hidden

    def bind(self, assets: FaceAssets) -> None:
        """Binds the coarse encoder and creates both networks for the sizes of the grid and of the bases."""
        self.coarse.bind(assets)
        self.coarse.requires_grad_(requires_grad=not self.freeze)
        self.coarse.train(not self.freeze)  # already here, since Lightning never calls train() when a fit starts
        self.surface = UnwrappedSurface(assets, self.step, self.finer)
        self.solve = ShadingSolve(assets, self.surface)
        detail, model = assets.detail, assets.model
        shape = len(model.identity_basis) + len(model.expression_basis)
        self.look = [len(model.identity_basis), len(model.expression_basis), 3, 3, len(assets.albedo.basis), 27]
        self.sizes = [len(basis.basis) for basis in (detail.static, detail.compressed, detail.stretched)]
        self.correct = self._network(shape + 6, sum(self.look))
        self.read = self._network(shape + self.solve.count, sum(self.sizes) + 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """The corrected face with static and pole coefficients, and the amplitude, read off the unwrapped image."""
        found = self.located(image)
        face = found.coefficients
        known = face.detach()
        seen = self.surface(image, known)
        hints = torch.cat([known.identity, known.expression, self.solve(seen, known)], dim=1)
        numbers: Tensor = READ_GAIN * self.read(seen.maps, hints)
        static, compressed, stretched, amplitude = numbers.split([*self.sizes, 1], dim=1)
        return replace(
            found,
            coefficients=replace(face, static=static, compressed=compressed, stretched=stretched),
            amplitude=MEAN_AMPLITUDE * torch.exp(amplitude[:, 0]),
        )

    @override
    def located(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """The corrected face, without the look at its wrinkles."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze):
            found: Encoded = self.coarse(self._reduced(image))
        return replace(found, coefficients=self._corrected(image, found.coefficients))

    @override
    def train(self, mode: bool = True) -> "UnwrappedEncoder":
        """Switches to training or evaluation; a frozen coarse encoder stays in evaluation."""
        super().train(mode)
        if self.freeze:
            self.coarse.eval()
        return self

    def _reduced(self, image: Tensor) -> Tensor:
        return image if self.coarse_size is None else adaptive_avg_pool2d(image, self.coarse_size)

    def _corrected(self, image: Tensor, face: Coefficients) -> Coefficients:
        known = face.detach()
        hints = torch.cat([known.identity, known.expression, 10 * known.pose.rotation, known.pose.translation / 100], dim=1)
        numbers: Tensor = self.correct(self.surface(image, known).maps, hints)
        identity, expression, rotation, translation, albedo, lighting = numbers.split(self.look, dim=1)
        return replace(
            face,
            identity=face.identity + IDENTITY * identity,
            expression=face.expression + EXPRESSION * expression,
            albedo=face.albedo + ALBEDO * albedo,
            lighting=face.lighting + LIGHTING * lighting.unflatten(1, (9, 3)),
            pose=Pose(face.pose.rotation + ROTATION * rotation, face.pose.translation + translation * translation.new_tensor(TRANSLATION)),
        )

    def _network(self, hints: int, outputs: int) -> "MapsAndHints":
        scale = 2 ** len(self.widths)
        cells = -(-self.surface.height // scale) * -(-self.surface.width // scale)
        return MapsAndHints((self.surface.channels, *self.widths), self.squeeze, cells, hints, self.hidden, outputs)


class MapsAndHints(nn.Module):
    """Unwrapped maps and some numbers to other numbers: halvings, few channels a place, two dense layers. Predicts zero at step 0."""

    def __init__(self, widths: tuple[int, ...], squeeze: int, cells: int, hints: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.features = nn.Sequential(*[_halving(a, b) for a, b in pairwise(widths)], _pointwise(widths[-1], squeeze))
        self.mix = nn.Sequential(nn.Linear(squeeze * cells + hints, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())
        self.out = zero_linear(hidden, outputs)
        self.straight = zero_linear(hints, outputs)

    def forward(self, maps: Float[Tensor, "b c h w"], hints: Float[Tensor, "b n"]) -> Float[Tensor, "b m"]:
        """The numbers, with a linear path from the hints."""
        result: Tensor = self.out(self.mix(torch.cat([self.features(maps).flatten(1), hints], dim=1))) + self.straight(hints)
        return result


def _halving(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs, bias=False),
        *_pointwise(outputs, outputs),
    )


def _pointwise(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
