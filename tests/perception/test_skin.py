"""Skin masks: a drawn face, the astronaut, and a parser of the user's."""

import cv2
import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from hiface_pl.errors import ConfigError
from hiface_pl.perception.face_landmarks import FaceLandmarks
from hiface_pl.perception.landmark_points import LEFT_EYE, LEFT_EYE_OUTER, MOUTH, OVAL, RIGHT_EYE, RIGHT_EYE_OUTER
from hiface_pl.perception.oval_skin import OvalSkin
from hiface_pl.perception.parser_skin import ParserSkin

SKIN, BLUE = (214, 164, 138), (40, 60, 160)


def drawn() -> tuple[np.ndarray, FaceLandmarks]:
    """A disk of 70 pixels around (100, 110) with noise, round eyes and a mouth, a blue patch, and a background of the skin's colour."""
    rng = np.random.default_rng(0)
    points = np.array([100.0, 110.0]) + rng.uniform(-35, 35, (468, 2))
    for ring, centre, radius in ((OVAL, (100, 110), 70), (RIGHT_EYE, (75, 90), 10), (LEFT_EYE, (125, 90), 10), (MOUTH, (100, 145), 14)):
        turn = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
        points[list(ring)] = np.array(centre) + radius * np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER] = (65, 90), (135, 90)
    image = np.clip(np.array(SKIN) + rng.normal(0, 3, (220, 200, 3)), 0, 255).astype(np.uint8)
    cv2.rectangle(image, (110, 55), (140, 70), BLUE, -1)
    return image, FaceLandmarks(points, np.ones(468), 1.0)


def test_oval_minus_holes_minus_other_colours():
    image, face = drawn()
    mask = OvalSkin().mask(image, face)
    for x, y, skin in (
        (100, 60, True),
        (100, 125, True),
        (75, 90, False),
        (125, 90, False),
        (100, 145, False),
        (125, 63, False),
        (10, 10, False),
    ):
        assert mask[y, x] == skin, (x, y)
    whole = np.pi * (70**2 - 2 * 10**2 - 14**2) - 30 * 15
    assert mask.sum() == pytest.approx(whole, rel=0.05)


def test_faces_beyond_the_picture():
    image, face = drawn()
    assert not OvalSkin().mask(image, FaceLandmarks(face.points + 500, face.certainty, 1.0)).any()
    part = OvalSkin().mask(image[:, :100], face)
    assert part[60, 95]


def test_astronaut(detector):
    (face,) = detector.find(data.astronaut())
    mask = OvalSkin().mask(data.astronaut(), face)
    for x, y, skin in (
        (200, 125, True),
        (225, 165, True),
        (250, 125, True),
        (204, 101, False),
        (225, 146, False),
        (225, 60, False),
        (275, 120, False),
    ):
        assert mask[y, x] == skin, (x, y)


class Parser(nn.Module):
    """Two classes at half the size: class 1 where red beats blue."""

    def forward(self, images):
        small = images[:, :, ::2, ::2]
        red = small[:, :1] * 0.229 + 0.485 - small[:, 2:] * 0.225 - 0.406
        return torch.cat([torch.zeros_like(red), red], dim=1)


def test_parser_of_the_user():
    image, face = drawn()
    mask = ParserSkin(Parser(), skin=[1], side=128, margin=1.2).mask(image, face)
    assert mask[60, 100]
    assert mask[90, 75]
    assert not mask[63, 125]
    assert not mask[5, 5]
    with pytest.raises(ConfigError, match="more than 10 classes"):
        ParserSkin(Parser()).mask(image, face)
