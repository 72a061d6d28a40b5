"""The collector of reference cycles around what a command loads."""

import gc

import pytest

from hiface_pl.cli.loading import nothing_to_collect


def test_the_collector_rests_inside_and_leaves_alone_what_was_made() -> None:
    before = gc.get_freeze_count()
    try:
        with nothing_to_collect():
            assert not gc.isenabled()
            kept = [[] for _ in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_a_collector_that_was_off_stays_off_and_an_error_changes_nothing() -> None:
    gc.disable()
    try:
        with nothing_to_collect():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
    with pytest.raises(ValueError, match="broken"), nothing_to_collect():
        raise ValueError("broken")
    assert gc.isenabled()
    gc.unfreeze()
