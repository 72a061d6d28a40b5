"""Splits a batch over threads for compiled kernels that release the interpreter lock."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import torch


def over_batch(work: Callable[[int, int], None], count: int) -> None:
    """Calls `work(first, stop)` on as many equal ranges of [0, count) as torch may use threads, and waits for all of them."""
    parts = min(torch.get_num_threads(), count)
    if parts <= 1:
        work(0, count)
        return
    borders = [count * part // parts for part in range(parts + 1)]
    pool = _pool(os.getpid(), parts)
    for done in [pool.submit(work, first, stop) for first, stop in pairwise(borders)]:
        done.result()


@lru_cache(maxsize=4)
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """One pool a process: threads do not survive a fork."""
    return ThreadPoolExecutor(threads, thread_name_prefix=f"rendering-{process}")
