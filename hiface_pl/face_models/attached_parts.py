"""Eyeballs, gaze and a mouth's inside for face models that bring only skin, so that open mouths and eyes show no background."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int32

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.face_model import FaceModel, Part, unit_base
from hiface_pl.face_models.rims import rim_loops

_CORNER = np.array([[0.001, 0.001]], dtype=np.float32)
"""Texture coordinate of everything attached: the corner, which no skin uses."""
_EYES = {Part.RIGHT_EYE: range(36, 42), Part.LEFT_EYE: range(42, 48)}
_EYE_RADIUS, _EYE_DEPTH, _EYE_INWARDS, _EYE_UP = 0.57, 0.50, 0.055, 0.05
"""Radius and place of an eyeball behind the lids' mean, in widths of the eye. Our choice: measured on a head with real eyeballs."""
_GAZE = {"eyeLookUp": (20.0, 0), "eyeLookDown": (-20.0, 0), "eyeLookOut": (25.0, 1), "eyeLookIn": (-25.0, 1)}
"""Degrees that a gaze unit turns the ball at full weight, and around which axis: 0 upwards, 1 away from the nose."""
_RINGS = ((1.15, -8.0, 1.0), (1.1, -28.0, 1.0), (0.3, -38.0, 0.6))
"""The mouth's inside, ring by ring: width relative to the lips, mm behind them, share of the lips' expression."""


@dataclass(frozen=True)
class Attachment:
    """New vertices with their bases, and faces over the model's vertices followed by these."""

    mean: Float32[np.ndarray, "n 3"]
    identity: Float32[np.ndarray, "ki n 3"]
    expression: Float32[np.ndarray, "ke n 3"]
    quads: Int32[np.ndarray, "f 4"]
    part: Part


def attach(model: FaceModel, piece: Attachment) -> FaceModel:
    """The model with one more part."""
    corner = np.where(piece.quads < 0, -1, len(model.uv)).astype(np.int32)
    return replace(
        model,
        mean=np.concatenate([model.mean, piece.mean]),
        identity_basis=np.concatenate([model.identity_basis, piece.identity], axis=1),
        expression_basis=np.concatenate([model.expression_basis, piece.expression], axis=1),
        quads=np.concatenate([model.quads, piece.quads]),
        uv=np.concatenate([model.uv, _CORNER]),
        uv_quads=np.concatenate([model.uv_quads, corner]),
        part=np.concatenate([model.part, np.full(len(piece.quads), piece.part, dtype=np.uint8)]),
    )


def with_eyeballs(model: FaceModel) -> FaceModel:
    """Adds a sphere behind each pair of lids; it follows the lids' identity and turns with the gaze units."""
    for part, landmarks in _EYES.items():
        lids = model.keypoints68.on(model.mean)[list(landmarks)]
        width = float(np.linalg.norm(lids[0] - lids[3]))
        inwards = -np.sign(lids[:, 0].mean()) * _EYE_INWARDS
        centre = lids.mean(axis=0) + width * np.array([inwards, _EYE_UP, -_EYE_DEPTH], dtype=np.float32)
        ball, quads = sphere(_EYE_RADIUS * width)
        mean = (ball + centre).astype(np.float32)
        vertices, weights = model.keypoints68.vertices[list(landmarks)], model.keypoints68.weights[list(landmarks)]
        shift = np.einsum("nj,knjc->kc", weights, model.identity_basis[:, vertices]) / len(vertices)
        identity = np.repeat(shift[:, None], len(mean), axis=1).astype(np.float32)
        still = np.zeros((len(model.expression_names), len(mean), 3), dtype=np.float32)
        faces = np.where(quads < 0, -1, quads + len(model.mean)).astype(np.int32)
        model = attach(model, Attachment(mean, identity, still, faces, part))
    return with_gaze(model)


def with_gaze(model: FaceModel) -> FaceModel:
    """Lets the gaze units turn the eyeballs, as rotations at full weight."""
    expression = model.expression_basis.copy()
    for part in _EYES:
        ball = np.unique(model.quads[model.part == part])
        ball = ball[ball >= 0]
        points = model.mean[ball]
        offset = points - (points.min(axis=0) + points.max(axis=0)) / 2
        for unit, name in enumerate(model.expression_names):
            if unit_base(name) in _GAZE and _is_left(name) == (part == Part.LEFT_EYE):
                degrees, axis = _GAZE[unit_base(name)]
                expression[unit, ball] = offset @ (_turn(degrees, axis, part) - np.eye(3)).T
    return replace(model, expression_basis=expression)


def with_mouth_bag(model: FaceModel) -> FaceModel:
    """Extrudes the rim between the lips backwards in three rings and closes it. Raises FaceModelError if the lips have no rim."""
    lips = model.keypoints68.on(model.mean)[48:68].mean(axis=0)
    loops = [loop for loop in rim_loops(model.quads[model.part == Part.SKIN]) if len(loop) > 8]
    rim = min(loops, key=lambda loop: float(np.linalg.norm(model.mean[loop].mean(axis=0) - lips)), default=None)
    if rim is None:
        raise FaceModelError(f"the face model {model.name} has no opening between the lips: it cannot get a mouth")
    points, centre = model.mean[rim], model.mean[rim].mean(axis=0)
    shift = np.repeat(model.identity_basis[:, rim].mean(axis=1, keepdims=True), len(rim), axis=1)
    means, expressions = [], []
    for width, behind, follows in _RINGS:
        means.append((points - centre) * [width, 1.0, 0.5] + centre + [0.0, 0.0, behind])
        expressions.append(model.expression_basis[:, rim] * follows)
    rings = np.concatenate([rim[None], len(model.mean) + np.arange(len(_RINGS) * len(rim)).reshape(len(_RINGS), -1)])
    piece = Attachment(
        np.concatenate(means).astype(np.float32),
        np.tile(shift, (1, len(_RINGS), 1)),
        np.concatenate(expressions, axis=1),
        _tube(rings),
        Part.MOUTH,
    )
    return attach(model, piece)


def sphere(radius: float, around: int = 24, down: int = 16) -> tuple[Float32[np.ndarray, "n 3"], Int32[np.ndarray, "f 4"]]:
    """A closed sphere whose poles look along z, with faces that look outwards; the caps are triangles."""
    polar = np.pi * np.arange(1, down) / down
    turn = 2 * np.pi * np.arange(around) / around
    rings = np.stack(
        [np.outer(np.sin(polar), np.cos(turn)), np.outer(np.sin(polar), np.sin(turn)), np.outer(np.cos(polar), np.ones(around))], axis=-1
    )
    points = np.concatenate([rings.reshape(-1, 3), [[0, 0, 1], [0, 0, -1]]]) * radius
    index = np.arange((down - 1) * around).reshape(down - 1, around)
    ahead = np.roll(index, -1, axis=1)
    sides = np.stack([index[:-1], index[1:], ahead[1:], ahead[:-1]], axis=-1).reshape(-1, 4)
    front, back, none = (np.full(around, value) for value in (index.size, index.size + 1, -1))
    caps = [np.stack([front, index[0], ahead[0], none], axis=-1), np.stack([back, ahead[-1], index[-1], none], axis=-1)]
    return points.astype(np.float32), np.concatenate([sides, *caps]).astype(np.int32)


def _tube(rings: np.ndarray) -> Int32[np.ndarray, "f 4"]:
    """Quads between successive rings, which continue the surface at the first ring, and a fan that closes the last."""
    ahead = np.roll(rings, -1, axis=1)
    sides = np.stack([ahead[:-1], rings[:-1], rings[1:], ahead[1:]], axis=-1).reshape(-1, 4)
    last = rings[-1]
    fan = np.stack([np.full(len(last) - 2, last[0]), last[2:], last[1:-1], np.full(len(last) - 2, -1)], axis=-1)
    return np.concatenate([sides, fan]).astype(np.int32)


def _turn(degrees: float, axis: int, part: Part) -> np.ndarray:
    """Rotation of a ball that looks along z: upwards around x, or away from the nose around y."""
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    if axis == 0:
        return np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]])
    sine = sine if part == Part.LEFT_EYE else -sine
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])


def _is_left(unit: str) -> bool:
    return unit.endswith(("Left", "_L"))
