from itertools import chain

import numpy as np
import pytest

from hiface_pl.data.order import EpochOrder, EvenShares, permutation
from hiface_pl.errors import ConfigError


def test_an_epoch_takes_every_sample_once_and_the_next_another_order() -> None:
    order = EpochOrder(12, 4, seed=3)
    first = list(order)
    assert [len(batch) for batch in first] == [4, 4, 4]
    assert sorted(chain(*first)) == list(range(12))
    order.set_epoch(1)
    assert list(order) != first
    order.set_epoch(0)
    assert list(order) == first
    assert list(EpochOrder(12, 4, seed=4)) != first


def test_a_pass_that_goes_on_is_the_rest_of_a_whole_one() -> None:
    whole, rest = EpochOrder(22, 4, seed=0), EpochOrder(22, 4, seed=0)
    whole.set_epoch(2)
    rest.go_on_from(2, 3)
    rest.set_epoch(2)
    assert list(rest) == list(whole)[3:]
    assert len(rest) == len(whole) == 5
    whole.set_epoch(3)
    rest.set_epoch(3)
    assert list(rest) == list(whole)


@pytest.mark.parametrize("world", [2, 3])
def test_processes_together_take_what_one_process_would(world: int) -> None:
    one = list(EpochOrder(50, 4 * world, seed=1))
    shares = [list(EpochOrder(50, 4, seed=1, rank=rank, world=world)) for rank in range(world)]
    assert one == [list(chain(*parts)) for parts in zip(*shares, strict=True)]


def test_a_small_store_makes_one_smaller_batch() -> None:
    assert [len(batch) for batch in EpochOrder(5, 8, seed=0)] == [5]
    assert [len(batch) for batch in EpochOrder(5, 8, seed=0, rank=1, world=2)] == [2]


def test_more_processes_than_samples_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="3 samples, too few for 4 processes"):
        EpochOrder(3, 8, seed=0, rank=1, world=4)
    with pytest.raises(ConfigError, match="3 samples cannot be shared by 4 processes"):
        EvenShares(3, 8, rank=1, world=4)


@pytest.mark.parametrize(("count", "batch", "world"), [(81, 40, 2), (5, 2, 1), (3, 1, 2), (500, 32, 1), (7, 3, 3)])
def test_shares_cover_a_store_once_in_as_many_batches_each(count: int, batch: int, world: int) -> None:
    shares = [list(EvenShares(count, batch, rank, world)) for rank in range(world)]
    assert len({len(batches) for batches in shares}) == 1
    assert list(chain(*chain(*shares))) == list(range(count))
    assert all(0 < len(indices) <= max(batch, 2) for batches in shares for indices in batches)


def test_the_order_is_uniform() -> None:
    places = np.array([permutation(6, seed, epoch).argsort() for seed in range(40) for epoch in range(40)])
    assert np.abs(places.mean(0) - 2.5).max() < 0.15
