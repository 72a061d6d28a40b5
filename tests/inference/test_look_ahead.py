from pathlib import Path
from threading import Event, get_ident

import pytest

from hiface_pl.errors import PhotoError
from hiface_pl.inference.look_ahead import LookAhead
from hiface_pl.inference.reconstruct import PhotoResult
from hiface_pl.inference.session import Session

FILES = [Path("one.jpg"), Path("broken.jpg"), Path("three.jpg"), Path("clip.mp4"), Path("five.jpg")]


class Looking(Session):
    """Loads nothing; tells what it looked at and on which thread. What it finds in a file is left out as often as its name is long."""

    def __init__(self):
        self.seen, self.threads = [], {}
        self.reached = {file.name: Event() for file in FILES}

    def look(self, path):
        self.seen.append(path.name)
        self.threads[path.name] = get_ident()
        self.reached[path.name].set()
        if "broken" in path.name:
            raise PhotoError("cannot read broken.jpg")
        return PhotoResult([], len(path.name))


def test_the_next_photo_is_looked_at_before_its_turn_and_no_further_one():
    session = Looking()
    with LookAhead(session, FILES[:1] + FILES[2:3] + FILES[4:]) as photos:
        assert photos.look(0).left_out == len("one.jpg")
        assert session.reached["three.jpg"].wait(5)
        assert session.threads["three.jpg"] != session.threads["one.jpg"] == get_ident()
        assert not session.reached["five.jpg"].wait(0.05)
        assert photos.look(1).left_out == len("three.jpg")
    assert session.seen.count("three.jpg") == 1


def test_an_error_comes_in_its_turn_and_others_go_on():
    session = Looking()
    with LookAhead(session, FILES[:3]) as photos:
        assert photos.look(0).left_out == len("one.jpg")
        assert session.reached["broken.jpg"].wait(5)
        with pytest.raises(PhotoError, match="broken"):
            photos.look(1)
        assert photos.look(2).left_out == len("three.jpg")


def test_nothing_is_looked_at_beside_a_video():
    session = Looking()
    with LookAhead(session, FILES) as photos:
        photos.look(2)
        assert photos.look(4).left_out == len("five.jpg")
    assert session.seen == ["three.jpg", "five.jpg"]
    assert session.threads["five.jpg"] == get_ident()


def test_leaving_waits_for_the_photo_that_is_ahead_and_looks_at_no_other():
    session = Looking()
    with LookAhead(session, FILES[:1] + FILES[2:3] + FILES[4:]) as photos:
        photos.look(0)
        assert session.reached["three.jpg"].wait(5)
    assert session.seen == ["one.jpg", "three.jpg"]
