from collections.abc import Iterator
from pathlib import Path

import pytest

from hiface_pl.encoders import kept_tensors


@pytest.fixture(autouse=True, scope="session")
def nothing_kept_from_older_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tensors of tiny face models are made by the code under test, and none is left in the user's folder."""
    folder: Path = tmp_path_factory.mktemp("derived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_tensors, "derived_path", lambda model, name: folder / model.fingerprint / name)
        yield
