"""Light for pictures that show shape: a soft key from the upper left, a cool fill, a rim light, sky and ground. Our choice throughout."""

from jaxtyping import Float
from torch import Tensor

KEY = ((-0.62, 0.62, 0.48), (1.22, 1.17, 1.10), 0.0)
FILL = ((0.75, 0.05, 0.55), (0.15, 0.18, 0.23), 0.2)
RIM = ((0.85, 0.35, -0.40), (0.30, 0.33, 0.38), 0.00)
"""Direction towards the light (camera frame), linear colour, and how far its light wraps around into the shade."""
SKY, GROUND = (0.17, 0.19, 0.21), (0.08, 0.07, 0.065)
RAKE, RAKE_COLOUR = (0.52, 0.82, 0.24), (1.9, 1.85, 1.75)
GLOSS, SHARPNESS = 0.07, 24.0


def studio_light(normals: Float[Tensor, "n 3"], albedo: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    """Linear RGB of surfaces with unit normals in the camera frame, seen from +z."""
    height = normals[:, 1:2] * 0.5 + 0.5
    light = height * normals.new_tensor(SKY) + (1 - height) * normals.new_tensor(GROUND)
    for direction, colour, wrap in (KEY, FILL, RIM):
        towards = unit(normals.new_tensor(direction))
        light = light + ((normals @ towards + wrap) / (1 + wrap)).clamp(min=0)[:, None] * normals.new_tensor(colour)
    halfway = unit(unit(normals.new_tensor(KEY[0])) + normals.new_tensor((0.0, 0.0, 1.0)))
    gloss = GLOSS * (normals @ halfway).clamp(min=0) ** SHARPNESS
    return albedo * light + gloss[:, None] * normals.new_tensor(KEY[1])


def raking_light(normals: Float[Tensor, "n 3"], albedo: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    """Linear RGB under light that grazes a face from above, where furrows of a tenth of a millimetre show. Our choice."""
    towards = unit(normals.new_tensor(RAKE))
    return albedo * (normals.new_tensor(SKY) + (normals @ towards).clamp(min=0)[:, None] * normals.new_tensor(RAKE_COLOUR))


def flat_light(normals: Float[Tensor, "n 3"], albedo: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:  # noqa: ARG001
    """The colours themselves, for pictures whose colours are numbers."""
    return albedo


def unit(vector: Float[Tensor, " 3"]) -> Float[Tensor, " 3"]:
    """The vector at unit length."""
    return vector / vector.norm()
