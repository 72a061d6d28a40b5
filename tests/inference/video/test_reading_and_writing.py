import av
import numpy as np
import pytest

from hiface_pl.errors import PhotoError
from hiface_pl.inference.video.reader import VideoReader
from tests.inference.video.films import HIGH, WIDE, turned, write_film


def test_frames_come_back_at_their_own_times(tmp_path):
    times = np.cumsum([0.0, 0.04, 0.3, 0.011, 0.5, 0.02]).tolist()
    reader = VideoReader(write_film(tmp_path / "film.mp4", [10, 60, 110, 160, 210, 250], times))
    frames = list(reader.frames())
    assert [frame.number for frame in frames] == list(range(6))
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=1e-4)
    np.testing.assert_allclose([frame.pixels[40, 60, 1] for frame in frames], [10, 60, 110, 160, 210, 250], atol=4)
    assert (reader.expected, reader.cut_short) == (6, "")


def test_what_is_written_plays_in_browsers(tmp_path):
    film = write_film(tmp_path / "film.mp4", [100] * 5)
    with av.open(str(film)) as opened:
        stream = opened.streams.video[0]
        assert (stream.codec.name, stream.codec_context.pix_fmt, stream.frames) == ("h264", "yuv420p", 5)
    content = film.read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")  # it plays while it loads


def test_the_rotation_flag_is_applied(tmp_path):
    (frame,) = VideoReader(turned(write_film(tmp_path / "film.mp4", [50]))).frames()
    assert frame.pixels.shape == (WIDE, HIGH, 3)
    corners = [frame.pixels[row, column, 0] > 150 for row, column in ((5, 5), (5, -5), (-5, 5), (-5, -5))]
    assert corners == [False, True, False, False]


def test_a_film_that_ends_too_early_gives_what_it_has_and_says_so(tmp_path):
    rng, film = np.random.default_rng(0), tmp_path / "film.mp4"
    write_film(film, rng.integers(0, 255, 60).tolist())
    content = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 6 // 10])
    reader = VideoReader(tmp_path / "cut.mp4")
    count = len(list(reader.frames()))
    assert 0 < count < 55
    assert f"frame {count} cannot be decoded" in reader.cut_short or f"ends after {count} of 60" in reader.cut_short


def test_what_is_no_film_is_told_in_a_sentence(tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    film = write_film(tmp_path / "film.mp4", [50] * 3).read_bytes()
    (tmp_path / "head.mp4").write_bytes(film[: film.find(b"moov") - 4])
    for name in ("text.mp4", "head.mp4"):
        with pytest.raises(PhotoError, match=rf"cannot read the video .*{name}.*convert it to MP4"):
            VideoReader(tmp_path / name)
    with pytest.raises(PhotoError, match="there is no video"):
        VideoReader(tmp_path / "absent.mp4")


def test_a_film_without_frames_is_told(tmp_path):
    film = write_film(tmp_path / "film.mp4", [50] * 3)
    content = film.read_bytes()
    start = content.find(b"mdat") + 4
    film.write_bytes(content[:start] + bytes(len(content) - start))
    with pytest.raises(PhotoError, match="has no frame that can be decoded"):
        list(VideoReader(film).frames())
