import pytest

from hiface_pl.data.open_scans.subject_maker import SubjectMaker
from hiface_pl.data.open_scans.truth import read_truth
from tests.data.open_scans.small import small_generator


@pytest.fixture(scope="session")
def maker():
    return SubjectMaker(small_generator())


@pytest.fixture(scope="session")
def made(maker):
    """The files of one subject."""
    return maker.make(2)


@pytest.fixture(scope="session")
def folder(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for path, content in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def truth(folder):
    return read_truth(folder, 2)
