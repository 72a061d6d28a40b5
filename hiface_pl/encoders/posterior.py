"""An encoder that weighs what another one read against the shading itself and against how wrinkles of people belong together."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.details.read_poles import poles_of
from hiface_pl.encoders.authored_prior import AuthoredPrior
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.unwrapped import UnwrappedEncoder
from hiface_pl.encoders.wrinkle_noise import WrinkleNoise
from hiface_pl.encoders.wrinkle_shading import SeenWrinkles, WrinkleShading
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, Encoded


class PosteriorEncoder(Encoder):
    """Replaces the wrinkles of `reader` by the mean of those and of the posterior under `AuthoredPrior`, given shading and reading.

    Our choice. Nothing is trained by gradients: `training.wrinkle_calibration` measures noise and reader on synthetic faces. `people` are
    drawn for the prior, `modes` is the number of common patterns of noise, `directions` that of combinations of coefficients in which the
    reader is believed; `temper` is the share of independent noise, `belief` that of what the reader says which the shading has not said
    yet, `share` the posterior's in the answer. All were chosen on validation faces, `temper` also on such with wrinkles outside the bases:
    the larger, the better are people like those of the prior, and the worse are compressed maps of others.
    """

    channel: Tensor
    explained: Tensor

    def __init__(
        self,
        reader: UnwrappedEncoder,
        people: int = 8192,
        modes: int = 20,
        directions: int = 25,
        temper: float = 0.45,
        belief: float = 0.8,
        share: float = 0.5,
    ) -> None:
        super().__init__()
        self.reader = reader
        self.people, self.modes, self.directions = people, modes, directions
        self.temper, self.belief, self.share = temper, belief, share

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.reader.bind(assets)
        self.shading = WrinkleShading(assets, self.reader.surface)
        self.noise = WrinkleNoise(len(self.shading.chosen), self.modes)
        self.prior = AuthoredPrior(assets, self.people)
        self.sizes = self.reader.sizes
        self.register_buffer("channel", torch.zeros(sum(self.sizes), self.directions))
        self.register_buffer("explained", torch.zeros(self.directions))

    @override
    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """The reader's face and amplitude, with better static and pole coefficients."""
        found: Encoded = self.reader(image)
        read = read_of(found.coefficients)
        with torch.no_grad():
            believed = self.posterior(self.look(image, found.coefficients), read.detach())
        static, compressed, stretched = torch.lerp(read, believed, self.share).split(self.sizes, dim=1)
        return replace(found, coefficients=replace(found.coefficients, static=static, compressed=compressed, stretched=stretched))

    @override
    def located(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        """The reader's face, without a look at its wrinkles."""
        found: Encoded = self.reader.located(image)
        return found

    def look(self, image: Float[Tensor, "b 3 h w"], face: Coefficients) -> SeenWrinkles:
        """The image unwrapped onto the face."""
        known = face.detach()
        seen: SeenWrinkles = self.shading(self.reader.surface(image, known), known)
        return seen

    def posterior(self, seen: SeenWrinkles, read: Float[Tensor, "b k"]) -> Float[Tensor, "b k"]:
        """The posterior mean of all coefficients."""
        normal, right = self.noise.equations(seen.fine, seen.jacobian, seen.seen, self.temper)
        mean: Tensor = self.prior(normal, right, self.belief * self._reading(read))
        return mean

    def _reading(self, read: Float[Tensor, "b k"]) -> Float[Tensor, "b people"]:
        """The logarithm of N(person; read, 1 - e) / N(person; 0, 1), of a variance of 1 that people have the share e is `explained`."""
        said, people = (read - self.prior.mean) @ self.channel, (self.prior.people - self.prior.mean) @ self.channel
        left = 1 - self.explained
        return (said / left) @ people.T + 0.5 * people.square() @ (1 - 1 / left)


def read_of(coefficients: Coefficients) -> Float[Tensor, "b k"]:
    """Static, compressed and stretched coefficients side by side."""
    return torch.cat([coefficients.static, *poles_of(coefficients)], dim=1)
