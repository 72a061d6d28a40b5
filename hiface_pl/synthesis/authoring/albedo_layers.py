"""Colourless layers of a face's skin: how much pigment, blood, lip, brow, beard and hair lies on every texel. Colours come later."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float32, UInt8

from hiface_pl.face_models.chart import smooth_step
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.furrows import FurrowGrower
from hiface_pl.synthesis.authoring.hair_layers import beard, brows, scalp_hair, strand_angle, strands
from hiface_pl.synthesis.authoring.noise import band_noise, low_noise

Map = Float32[np.ndarray, "r r"]


class Layer(IntEnum):
    """Channels of the layer maps. Melanin and blood are offsets stored as 128 + 200 x; the others are covers stored as 255 x."""

    MELANIN = 0
    BLOOD = 1
    LIPS = 2
    BROWS = 3
    BEARD = 4
    HAIR = 5
    STRANDS = 6
    LIDS = 7
    FRECKLES = 8
    SPOTS = 9


@dataclass(frozen=True)
class AlbedoLayers:
    """A bank of layer maps in UV, row 0 at v = 1: subject, row, column, Layer."""

    size: int
    maps: UInt8[np.ndarray, "n r r l"]

    def halved(self) -> "AlbedoLayers":
        """The same bank at half the size."""
        count, size, _, layers = self.maps.shape
        blocks = self.maps.reshape(count, size // 2, 2, size // 2, 2, layers)
        return AlbedoLayers(size // 2, np.round(blocks.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8))


class AlbedoAuthor:
    """Draws layer maps on one face model."""

    def __init__(self, canvas: Canvas) -> None:
        """Prepares the direction of hair."""
        self._canvas = canvas
        self._grower = FurrowGrower(canvas, strand_angle(canvas))

    def draw(self, seed: int) -> UInt8[np.ndarray, "r r l"]:
        """The layers of the subject `seed`."""
        canvas, rng = self._canvas, np.random.default_rng((104729, seed))
        soft = low_noise(rng, canvas.size, 18 / canvas.texel_mm)
        grain = band_noise(rng, canvas.size, max(3.4 / canvas.texel_mm, 2.6))
        streaks = strands(canvas, self._grower, rng)
        signed = {Layer.MELANIN: self._melanin(rng, soft), Layer.BLOOD: self._blood(rng, soft)}
        covers = {
            Layer.LIPS: self._lips(streaks, grain),
            Layer.BROWS: brows(canvas, streaks, rng),
            Layer.BEARD: beard(canvas, streaks, soft, grain, rng),
            Layer.HAIR: scalp_hair(canvas, streaks, soft, rng),
            Layer.STRANDS: np.clip(0.55 + 0.11 * streaks + 0.1 * soft, 0, 1),
            Layer.LIDS: self._lids(rng),
            Layer.FRECKLES: self._freckles(rng),
            Layer.SPOTS: self._spots(rng),
        }
        maps = np.empty((canvas.size, canvas.size, len(Layer)), dtype=np.uint8)
        for layer, values in signed.items():
            maps[..., layer] = np.clip(np.round(128 + 200 * values), 0, 255)
        for layer, values in covers.items():
            maps[..., layer] = np.clip(np.round(255 * values), 0, 255)
        return maps

    def _melanin(self, rng: np.random.Generator, soft: Map) -> Map:
        """Slow unevenness, darker skin under the eyes and on the upper lids."""
        canvas, points = self._canvas, self._canvas.chart.landmarks
        uneven = 0.014 * soft + 0.006 * band_noise(rng, canvas.size, max(6 / canvas.texel_mm, 2.6))
        amount = rng.uniform(0.02, 0.09)
        for low, high in (((40, 41), (37, 38)), ((46, 47), (43, 44))):
            s, y = points[list(low)].mean(axis=0)
            uneven = uneven + amount * canvas.bump(float(s), float(y) - 6, 10, 4)
            s, y = points[list(high)].mean(axis=0)
            uneven = uneven + 0.6 * amount * canvas.bump(float(s), float(y) + 4, 11, 4)
        return np.asarray(uneven, dtype=np.float32)

    def _blood(self, rng: np.random.Generator, soft: Map) -> Map:
        """Red cheeks, nose and chin, paler forehead; blotches stay faint, or they read as a rash."""
        canvas, chart = self._canvas, self._canvas.chart
        cheeks, nose = rng.uniform(0.08, 0.26), rng.uniform(0.1, 0.26)
        red = 0.03 * soft + 0.018 * band_noise(rng, canvas.size, max(6 / canvas.texel_mm, 2.6)) - 0.06 * canvas.forehead_region
        for side in (-1, 1):
            red = red + cheeks * canvas.bump(side * 31 * chart.scale, chart.nose_base_y + 5, 13, 12)
        red = red + nose * canvas.bump(0, chart.nose_base_y + 6, 10, 9) + 0.07 * canvas.bump(0, chart.chin_y + 10, 12, 8)
        return np.asarray(red, dtype=np.float32)

    def _lips(self, streaks: Map, grain: Map) -> Map:
        """Vermilion: full inside the outline, soft at its edge, with faint upright creases."""
        inside = smooth_step(-self._canvas.mouth, -1.4, 1.6)
        return np.clip(inside * (0.88 + 0.06 * streaks + 0.04 * grain), 0, 1).astype(np.float32)

    def _lids(self, rng: np.random.Generator) -> Map:
        """The dark line of lashes at the lids' rims, stronger above and outside."""
        canvas, chart = self._canvas, self._canvas.chart
        upper = smooth_step(canvas.y, chart.eye_y - 3, chart.eye_y + 2)
        width = rng.uniform(0.9, 1.5)
        return ((0.35 + 0.65 * upper) * smooth_step(-np.abs(canvas.eye + 0.2), -width, -0.1)).astype(np.float32)

    def _freckles(self, rng: np.random.Generator) -> Map:
        """Dots over nose and cheeks."""
        canvas, chart = self._canvas, self._canvas.chart
        dots = np.clip(band_noise(rng, canvas.size, max(3.8 / canvas.texel_mm, 2.6)) - 1.1, 0, 1)
        where = np.exp(-(((canvas.y - chart.landmarks[30, 1] - 8) / 24) ** 2)) * (1 - 0.5 * smooth_step(np.abs(canvas.s), 35, 60))
        return (dots * where).astype(np.float32)

    def _spots(self, rng: np.random.Generator) -> Map:
        """A few small moles."""
        canvas, chart = self._canvas, self._canvas.chart
        spots = np.zeros_like(canvas.s)
        for _ in range(rng.poisson(2.0)):
            radius = rng.uniform(0.7, 1.4)
            s, y = rng.uniform(-0.8, 0.8) * chart.ear_s, rng.uniform(chart.chin_y, chart.hairline_y)
            spots = np.maximum(spots, rng.uniform(0.4, 1) * canvas.bump(s, y, radius, radius * rng.uniform(0.8, 1.2)))
        return spots.astype(np.float32)
