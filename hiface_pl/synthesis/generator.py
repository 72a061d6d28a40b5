"""The generator: sample `index` of a split and seed, always the same one, with everything that is known about it."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.face_models.derive_build import albedo_layers
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoLayers
from hiface_pl.synthesis.drawing.backdrop import Backdrops
from hiface_pl.synthesis.drawing.face import FacePainter, Layer
from hiface_pl.synthesis.drawing.scene import SceneHead, compose_scene
from hiface_pl.synthesis.drawing.sensor import expose, write_jpeg
from hiface_pl.synthesis.expressions import ExpressionSampler
from hiface_pl.synthesis.lights import Light, draw_light, harmonics_of
from hiface_pl.synthesis.looks import LookSampler
from hiface_pl.synthesis.people import Person, draw_person
from hiface_pl.synthesis.placement import Turn, draw_translation, draw_turn, project_points, rotation_matrix, rotation_vector
from hiface_pl.synthesis.randomness import Grouping, Streams
from hiface_pl.synthesis.sample import DEPTH_STEP, SyntheticSample
from hiface_pl.synthesis.surface import Poles, Residual, Surface
from hiface_pl.synthesis.unmodelled import UnmodelledWrinkles
from hiface_pl.synthesis.wrinkles import WrinkleSampler

VERSION = 3
"""Raised whenever the same index would give other bytes; stores record it."""
HIDDEN_BY = 4.0
"""Millimetres that a landmark may lie behind the drawn surface and still count as visible."""

Split = Literal["train", "val", "test", "open-scans", "calibration"]
Detail = Literal["inside", "outside"]


@dataclass(frozen=True)
class Subject:
    """A person, the coefficients of its static, compressed and stretched map, and what these have beyond the bases (None: nothing)."""

    person: Person
    poles: Poles
    residual: Residual | None = None


@dataclass(frozen=True)
class Posed:
    """The face before the camera: rotation matrix, translation and vertices in the camera frame, mm."""

    rotation: Float[np.ndarray, "3 3"]
    translation: Float32[np.ndarray, " 3"]
    points: Float32[np.ndarray, "v 3"]


class Generator:
    """Draws synthetic faces of one face model.

    `detail="inside"` takes displacement maps from the span of the bases; `"outside"` adds what freshly authored maps have beyond it, for
    measuring on wrinkles that no coefficients can reach. `grouping` says how many samples show the same person (identity, age, wrinkles,
    skin, hair and clothes) and how many of these the same expression; pose, light, backdrop and camera are every sample's own. Raises
    AssetError where scikit-image's pictures are missing.
    """

    def __init__(
        self,
        assets: FaceAssets,
        image_size: int,
        seed: int = 0,
        split: Split = "train",
        detail: Detail = "inside",
        layers: AlbedoLayers | None = None,
        oversampling: int = 2,
        grouping: Grouping = Grouping(),  # noqa: B008 - frozen
    ) -> None:
        self.assets, self.image_size, self.seed, self.split, self.detail = assets, image_size, seed, split, detail
        self.grouping = grouping
        self.surface = Surface(assets)
        self._expressions = ExpressionSampler(assets.model)
        self._wrinkles = WrinkleSampler(assets.detail)
        self._unmodelled = UnmodelledWrinkles(assets, apart=split == "open-scans") if detail == "outside" else None
        self._looks = LookSampler(layers or albedo_layers(assets.model), assets.albedo, assets.atlas.covered)
        self._painter = FacePainter(assets, oversampling)
        self._backdrops = Backdrops()
        cv2.setNumThreads(1)

    def sample(self, index: int) -> SyntheticSample:
        """The sample of this number."""
        streams = Streams.of(self.split, self.seed, index, self.grouping)
        subject = self.subject(streams)
        turn, faced = draw_turn(streams.pose), draw_turn(streams.gaze)
        expression = self._expressions.draw(streams.expression, faced.yaw, faced.pitch)
        return self.picture(index, streams, subject, expression, turn)

    def subject(self, streams: Streams) -> Subject:
        """Whom the streams show: all of a person's samples have the same streams for this."""
        person = draw_person(streams.person, self.assets.model)
        if self._unmodelled is None:
            return Subject(person, self._wrinkles.draw(streams.detail, person.detail_age, person.male))
        return Subject(person, *self._unmodelled.draw(streams.detail, person.detail_age, person.male))

    def picture(
        self, index: int, streams: Streams, subject: Subject, expression: Float32[np.ndarray, " ke"], turn: Turn, *, covers: bool = True
    ) -> SyntheticSample:
        """A picture of the subject with this expression and head rotation; the rest of it is drawn from streams that nobody used yet.

        Without `covers` nothing lies before the face.
        """
        person, poles, residual = subject.person, subject.poles, subject.residual
        neutral, expressive = self.surface.shapes(person.identity, expression)
        posed = self._place(streams, turn.matrix, expressive)
        look, hair, albedo = self._looks.draw(streams.skin, person)
        light = _well_exposed(streams.light, draw_light(streams.light), float(np.exp(-1.42 * look.complexion[0] - 0.5)))
        displacement = self.surface.displacement(poles, self.surface.tension_weights(neutral, expressive), residual)
        layer = self._painter.draw(posed.points, displacement, look, light, self.image_size)
        landmarks = self.assets.model.keypoints68.on(posed.points)
        head = SceneHead(posed.points, landmarks, posed.rotation, look, hair)
        scene = compose_scene(streams, layer, head, self._backdrops.draw(streams.surroundings, self.image_size), light, covers=covers)
        jpeg = write_jpeg(streams.camera, expose(streams.camera, scene.colour))
        return SyntheticSample(
            index=index,
            jpeg=jpeg,
            image=np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8),
            identity=person.identity,
            expression=expression,
            static=poles[0],
            compressed=poles[1],
            stretched=poles[2],
            albedo=albedo.astype(np.float32),
            lighting=light.harmonics,
            rotation=rotation_vector(posed.rotation),
            translation=posed.translation,
            landmarks=project_points(landmarks).astype(np.float32),
            visible=_visible(landmarks, layer, scene.covered),
            parts=scene.parts,
            depth=np.round(layer.depth / DEPTH_STEP).astype(np.uint16),
            age=person.age,
            detail_age=person.detail_age,
            male=person.male,
            occlusion=scene.occlusion,
            residual=residual,
        )

    def _place(self, streams: Streams, rotation: Float[np.ndarray, "3 3"], vertices: Float32[np.ndarray, "v 3"]) -> Posed:
        """Rotates by the float32 rotation vector that goes into the label, so that image and label agree to the last bit that is kept."""
        exact = rotation_matrix(rotation_vector(rotation))
        translation = draw_translation(streams.pose, self.assets.model.keypoints68.on(vertices) @ exact.T)
        return Posed(exact, translation, vertices @ exact.T.astype(np.float32) + translation)


def _well_exposed(rng: np.random.Generator, light: Light, reflectance: float) -> Light:
    """The light as a camera sees it: exposure makes up for nearly all of its strength and a third of the skin's tone; white balance."""
    frontal = harmonics_of(np.array([[0.0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]]))
    shading = float(np.clip(frontal @ light.harmonics, 0, None).mean())
    exposure = rng.uniform(0.6, 1.4) * max(shading, 0.05) ** -0.8 * (0.35 / reflectance) ** 0.35
    return light.exposed(exposure * np.clip(rng.normal(1, 0.05, 3), 0.85, 1.15))


def _visible(landmarks: Float32[np.ndarray, "68 3"], layer: Layer, covered: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, " 68"]:
    """1 for landmarks inside the image that neither the face itself nor anything before it hides."""
    size = layer.depth.shape[0]
    place = project_points(landmarks) * size
    inside = ((place >= 0) & (place < size)).all(axis=1)
    column, row = np.clip(place, 0, size - 1).astype(int).T
    seen = layer.depth[row, column]
    bare = (seen == 0) | (-landmarks[:, 2] <= seen + HIDDEN_BY)
    return (inside & bare & (covered[row, column] < 0.5)).astype(np.float32)
