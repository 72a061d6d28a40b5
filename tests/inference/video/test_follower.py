import numpy as np
import pytest

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.inference.aligner import Aligned
from hiface_pl.inference.detector import FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.video import follower as module
from hiface_pl.inference.video.follower import FaceFollower
from hiface_pl.reconstructor import Reconstructor

NETWORK = Reconstructor.__new__(Reconstructor)  # never asked
PHOTO = Photo("frame", np.zeros((10, 10, 3), np.uint8))


class Scene(FaceDetector):
    """Faces (centres of crops of 100 pixels) that a test moves; looking near one finds it. `blind` hides all from the detector."""

    certain = True

    def __init__(self) -> None:
        self.faces: list[tuple[float, float]] = []
        self.blind, self.searches = False, 0

    def find(self, photo: Photo) -> list[FaceBox]:
        self.searches += 1
        if self.blind or not self.faces:
            raise PhotoError("none")
        side = 100 / 1.4
        return [FaceBox(x - side / 2, y + 0.08 * 100 - side / 2, side, side) for x, y in self.faces]

    def align(self, photo: Photo, start: Crop, network: object, rounds: int = 3) -> Aligned | None:
        near = [(float(x), float(y)) for x, y in self.faces if np.hypot(x - start.x, y - start.y) < 40]
        return Aligned(Crop(*near[0], 100.0), 0.004) if near else None


@pytest.fixture
def scene(monkeypatch):
    found = Scene()
    monkeypatch.setattr(module, "align", found.align)
    return found


def numbers(follower: FaceFollower, frame: int, time: float | None = None) -> dict[int, int]:
    return {number: round(found.crop.x) for number, found in follower.look(PHOTO, frame, frame / 25 if time is None else time).items()}


def test_faces_keep_their_numbers_while_they_move(scene):
    follower = FaceFollower(scene, NETWORK, single=False)
    for frame in range(30):
        scene.faces = [(500 - 10 * frame, 100), (100 + 10 * frame, 300)]  # they pass each other
        assert numbers(follower, frame) == {1: 500 - 10 * frame, 2: 100 + 10 * frame}
    assert scene.searches == 3


def test_a_face_that_comes_back_is_the_same_for_a_while(scene):
    follower = FaceFollower(scene, NETWORK, single=False)
    scene.faces = [(200, 200)]
    assert numbers(follower, 0) == {1: 200}
    scene.faces = []
    assert numbers(follower, 1) == {}
    scene.faces = [(220, 200)]
    assert numbers(follower, 20) == {1: 220}
    scene.faces = []
    assert numbers(follower, 21) == {}
    scene.faces = [(220, 200)]
    assert numbers(follower, 200) == {2: 220}


def test_someone_elsewhere_is_somebody_else(scene):
    follower = FaceFollower(scene, NETWORK, single=False)
    scene.faces = [(200, 200)]
    numbers(follower, 0)
    scene.faces = [(600, 200)]
    assert numbers(follower, 1) == {2: 600}


def test_what_searches_never_see_is_no_face(scene):
    follower = FaceFollower(scene, NETWORK, single=False)
    scene.faces = [(200, 200)]
    numbers(follower, 0)
    scene.blind = True
    seen = [bool(numbers(follower, frame)) for frame in range(1, 40)]
    assert seen.index(False) == 29  # searches at frames 10, 20 and 30
    assert not any(seen[30:])


def test_a_single_face_is_followed_without_searching(scene):
    follower = FaceFollower(scene, NETWORK, single=True)
    scene.faces = [(200, 200), (500, 200)]
    for frame in range(25):
        assert numbers(follower, frame) == {1: 200}
    assert scene.searches == 1
