"""Puts the picture together: background, shoulders, hair, the shaded face with its hollows, and what lies before it."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from hiface_pl.rendering.camera import FOCAL
from hiface_pl.synthesis.drawing.body import Hair, draw_back_hair, draw_shoulders
from hiface_pl.synthesis.drawing.covers import Canvas, draw_covers
from hiface_pl.synthesis.drawing.face import Layer, Look
from hiface_pl.synthesis.lights import Light
from hiface_pl.synthesis.placement import project_points
from hiface_pl.synthesis.randomness import Streams
from hiface_pl.synthesis.sample import Pixel

BODY_FOLLOWS = 0.35
"""Share of the head's rotation that the shoulders follow."""
HOLLOWS = ((0.016, 0.10, 0.55), (0.05, 0.045, 0.35))
"""Ambient occlusion from depth: blur in image widths, darkening per mm below the surroundings, and the most it may take away."""


@dataclass(frozen=True)
class SceneHead:
    """What the scene needs of the head: vertices and landmarks in the camera frame (mm), its rotation, colours and hair."""

    points: Float32[np.ndarray, "v 3"]
    landmarks: Float32[np.ndarray, "68 3"]
    rotation: Float[np.ndarray, "3 3"]
    look: Look
    hair: Hair


@dataclass(frozen=True)
class Scene:
    """Linear RGB, Pixel values, opacity of what lies before the face, and the share of the face that it hides."""

    colour: Float32[np.ndarray, "h w 3"]
    parts: UInt8[np.ndarray, "h w"]
    covered: Float32[np.ndarray, "h w"]
    occlusion: float


def compose_scene(
    streams: Streams, layer: Layer, head: SceneHead, backdrop: Float32[np.ndarray, "h w 3"], light: Light, *, covers: bool = True
) -> Scene:
    """The finished picture before the camera, and the part map that goes with it; without `covers`, nothing lies before the face."""
    canvas = Canvas(backdrop)
    brightness = np.clip(light.harmonics[0] * 0.28, 0.05, 2)  # irradiance of a surface that faces nowhere in particular
    _draw_body(streams.surroundings, canvas, head, brightness)
    shadow = hollows(layer)[..., None]
    canvas.colour = canvas.colour * (1 - layer.alpha[..., None]) + layer.colour * shadow
    canvas.covered[:] = 0
    face = (layer.parts > 0) & (layer.parts < Pixel.HAIR)
    if covers:
        draw_covers(streams.cover, canvas, project_points(head.landmarks), _skin_colour(layer))
    parts = np.where(canvas.covered > 0.1, np.uint8(Pixel.COVER), layer.parts)
    occlusion = float(canvas.covered[face].mean()) if face.any() else 0.0
    return Scene(canvas.colour, parts, canvas.covered, occlusion)


def hollows(layer: Layer) -> Float32[np.ndarray, "h w"]:
    """Darkening of what lies deeper than its surroundings, such as eyes under their lids: unsharp masking of the depth map.

    Our choice: it costs two blurs, and without it eyes stare. It is not in the lighting label.
    """
    covered = (layer.depth > 0).astype(np.float32)
    shade = np.ones_like(layer.depth)
    size = layer.depth.shape[0]
    for width, slope, most in HOLLOWS:
        blurred = cv2.GaussianBlur(np.stack([layer.depth, covered], axis=2), (0, 0), width * size)
        below = layer.depth - blurred[..., 0] / np.maximum(blurred[..., 1], 1e-3)
        shade = shade * (1 - np.clip(below * np.float32(slope), 0, np.float32(most)))
    return np.asarray(np.where(layer.depth > 0, shade, 1), np.float32)


def _skin_colour(layer: Layer) -> Float32[np.ndarray, " 3"]:
    """What the lit skin looks like on average, for hands."""
    skin = layer.parts == Pixel.SKIN
    return np.asarray(layer.colour[skin].mean(axis=0) if skin.any() else np.full(3, 0.2), np.float32)


def _draw_body(rng: np.random.Generator, canvas: Canvas, head: SceneHead, brightness: np.ndarray) -> None:
    jaw_width = float(np.linalg.norm(head.landmarks[13] - head.landmarks[3]))
    down, inward = head.rotation @ np.array([0.0, -1, 0]), head.rotation @ np.array([0.0, 0, -1])
    pivot = head.landmarks[8] + (head.look.collar[0] + 12) * down + 45 * inward
    follows = cv2.Rodrigues(cv2.Rodrigues(head.rotation)[0] * BODY_FOLLOWS)[0]
    scale = FOCAL / float(-head.landmarks[:, 2].mean())
    outline = cv2.convexHull(project_points(head.points[::7]).astype(np.float32))[:, 0]
    chin = float(project_points(head.landmarks[8:9])[0, 1])
    if head.hair.length is not None:
        draw_back_hair(rng, canvas, outline, chin, scale, _lit(head.hair, brightness))
    draw_shoulders(rng, canvas, follows, pivot, 0.5 * jaw_width, head.look.cloth * brightness)
    if head.hair.length is None and head.hair.volume > 0:
        draw_back_hair(rng, canvas, outline, chin, scale, _lit(head.hair, brightness))


def _lit(hair: Hair, brightness: np.ndarray) -> Hair:
    return Hair((hair.colour * brightness).astype(np.float32), hair.volume, hair.length)
