import os
from pathlib import Path

import pytest

from hiface_pl.errors import ConfigError, PhotoError
from hiface_pl.inference.inputs import photo_files


@pytest.fixture
def album(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt", "trip/c.tif", "out/b/sheet.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(album, *named) -> list[str]:
    return [Path(os.path.relpath(file, album)).as_posix() for file in photo_files([album / place for place in named], album / "out")]


def test_a_folder_stands_for_its_pictures_but_not_for_what_was_written_into_it(album):
    assert names(album, ".") == ["a.PNG", "b.jpg", "trip/c.tif"]


def test_patterns_and_files_in_the_order_given_each_once(album):
    assert names(album, "*.jpg", "notes.txt", "b.jpg", "**/*.tif") == ["b.jpg", "notes.txt", "trip/c.tif"]


def test_a_missing_file_is_left_to_the_one_who_reads_it(album):
    assert names(album, "gone.jpg", "b.jpg") == ["gone.jpg", "b.jpg"]


def test_a_file_whose_name_looks_like_a_pattern(album):
    (album / "me[1].jpg").touch()
    assert names(album, "me[1].jpg") == ["me[1].jpg"]


def test_nothing_found_is_said(album):
    with pytest.raises(ConfigError, match="nowhere"):
        names(album, "nowhere*.jpg")
    with pytest.raises(PhotoError, match="suffix of pictures"):
        names(album, "*.txt")
