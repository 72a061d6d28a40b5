"""The compiled kernel of `depthwise`: sums over images and pixels for one block of channels at a time, so that they stay in the cache."""

from typing import no_type_check

import numba
import numpy as np

from hiface_pl.rendering.threads import over_batch

BLOCK = 64


def accumulate(images: np.ndarray, gradient: np.ndarray, result: np.ndarray, stride: int, padding: int) -> None:
    """Fills `result` (c k k) from contiguous `images` (b h w c) and `gradient` (b h2 w2 c), all float32; channels are shared by threads."""
    blocks = -(-len(result) // BLOCK)
    over_batch(lambda first, stop: _accumulate(images, gradient, result, stride, padding, first, stop), blocks)


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
@no_type_check
def _accumulate(images, gradient, result, stride, padding, first, stop):
    height, width, channels = images.shape[1:]
    kernel = result.shape[1]
    sums = np.empty((kernel, kernel, BLOCK), np.float32)
    for block in range(first, stop):
        start = block * BLOCK
        count = min(BLOCK, channels - start)
        sums[:] = 0
        for n in range(gradient.shape[0]):
            for y in range(gradient.shape[1]):
                top = y * stride - padding
                for x in range(gradient.shape[2]):
                    left = x * stride - padding
                    change = gradient[n, y, x, start : start + count]
                    for i in range(max(0, -top), min(kernel, height - top)):
                        for j in range(max(0, -left), min(kernel, width - left)):
                            seen = images[n, top + i, left + j, start : start + count]
                            into = sums[i, j]
                            for c in range(count):
                                into[c] += change[c] * seen[c]
        for c in range(count):
            result[start + c] = sums[:, :, c]
