"""Makes all files of one subject: scan, images and truth follow from the set's seed and the subject's number."""

from pathlib import Path

import numpy as np

from hiface_pl.data.open_scans.expressions import Expression, of_subject, strong_expressions
from hiface_pl.data.open_scans.layout import PicturePlace, keypoints_path, picture_places, region_path, truth_path
from hiface_pl.data.open_scans.scanner import Scanner
from hiface_pl.data.open_scans.seating import PICTURES, draw_frame, draw_head_turn, seating
from hiface_pl.data.open_scans.truth import ScanFrame, ScanTruth, TruePicture, pack_truth
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import obj_text
from hiface_pl.synthesis.generator import Generator, Subject
from hiface_pl.synthesis.recompute import displacement

Files = dict[Path, bytes]


class SubjectMaker:
    """Makes the subjects of a set with a generator of the split `seating.SPLIT`, detail outside the bases."""

    def __init__(self, generator: Generator) -> None:
        model = generator.assets.model
        self._generator, self._scanner, self._expressions = generator, Scanner(model), strong_expressions(model)
        self._neutral: Expression = ("neutral", np.zeros(len(model.expression_names), np.float32))

    def make(self, subject: int) -> Files:
        """The subject's files by their path below the set's folder; the truth comes last."""
        streams = seating(self._generator.seed, subject, PICTURES)
        person = self._generator.subject(streams)
        shown = self._pictures(subject, person)
        truth = self._truth(subject, person, tuple(picture for picture, _ in shown))
        images = {picture.path: jpeg for picture, jpeg in shown}
        return self._scan(streams.camera, truth) | images | {truth_path(subject): pack_truth(truth)}

    def _scan(self, rng: np.random.Generator, truth: ScanTruth) -> Files:
        scan = self._scanner.scan(rng, truth.neutral, truth.as_map(truth.static))
        meshes = {keypoints_path(truth.subject): TriangleMesh(scan.keypoints, np.empty((0, 3), np.int32))}
        meshes |= {region_path(truth.subject, region): mesh for region, mesh in scan.regions.items()}
        return {path: _in_frame(mesh, truth.frame) for path, mesh in meshes.items()}

    def _pictures(self, subject: int, person: Subject) -> list[tuple[TruePicture, bytes]]:
        expressions = iter(of_subject(self._expressions, subject))
        return [
            self._picture(subject, which, place, person, next(expressions) if place.kind == "expression" else self._neutral)
            for which, place in enumerate(picture_places(subject))
        ]

    def _picture(self, subject: int, which: int, place: PicturePlace, person: Subject, expression: Expression) -> tuple[TruePicture, bytes]:
        streams = seating(self._generator.seed, subject, which)
        turn = draw_head_turn(streams.pose, place.kind, which)
        name, weights = expression
        sample = self._generator.picture(which, streams, person, weights, turn, covers=False)
        total = displacement(self._generator.surface, sample).ravel()[self._generator.surface.texels]
        yaw = float(np.rad2deg(turn.yaw))
        picture = TruePicture(place.kind, place.path, yaw, sample.rotation, sample.translation, weights, name, total)
        return picture, sample.jpeg

    def _truth(self, subject: int, person: Subject, pictures: tuple[TruePicture, ...]) -> ScanTruth:
        who, surface = person.person, self._generator.surface
        maps = surface.maps(person.poles, person.residual)
        return ScanTruth(
            subject=subject,
            age=who.age,
            detail_age=who.detail_age,
            male=who.male,
            identity=who.identity,
            neutral=surface.shapes(who.identity, self._neutral[1])[0],
            map_size=surface.detail.size,
            texels=surface.texels,
            static=maps.static,
            compressed=maps.compressed,
            stretched=maps.stretched,
            frame=draw_frame(self._generator.seed, subject),
            pictures=pictures,
        )


def _in_frame(mesh: TriangleMesh, frame: ScanFrame) -> bytes:
    return obj_text(TriangleMesh(frame.to_scan(mesh.vertices), mesh.triangles)).encode()
