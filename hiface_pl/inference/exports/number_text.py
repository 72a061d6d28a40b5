"""Tables of numbers as ASCII text, compiled: Python formats a mesh in a fifth of a second, this in a fiftieth, and other threads go on."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int

_LONGEST = 20
"""Digits of the longest number and its point."""
_MINUS, _POINT, _ZERO, _END = (ord(letter) for letter in "-.0\n")


def rows_of_numbers(head: str, values: Float[np.ndarray, "n k"] | Int[np.ndarray, "n k"], separators: str, decimals: int = 0) -> bytes:
    """A line a row: `head`, then every number after its letter of `separators` (k), rounded to `decimals`."""
    steps = np.rint(np.asarray(values, dtype=np.float64) * 10**decimals).astype(np.int64)
    start, between = (np.frombuffer(text.encode("ascii"), np.uint8) for text in (head, separators))
    buffer = np.empty(len(steps) * (len(start) + 1 + (steps.shape[1] if steps.ndim == 2 else 0) * _LONGEST), np.uint8)
    return buffer[: _write(steps, start, between, decimals, buffer)].tobytes()


@numba.njit(nogil=True, cache=True)
@no_type_check
def _write(steps, start, between, decimals, buffer):
    """Writes the lines and returns how many letters they have."""
    place = 0
    for row in range(steps.shape[0]):
        for letter in start:
            buffer[place] = letter
            place += 1
        for column in range(steps.shape[1]):
            buffer[place] = between[column]
            place += 1
            number = steps[row, column]
            if number < 0:
                buffer[place] = _MINUS
                place += 1
                number = -number
            digits, left = 1, number // 10
            while left > 0 or digits <= decimals:
                digits += 1
                left //= 10
            length = digits + (1 if decimals > 0 else 0)
            for back in range(length):
                if decimals > 0 and back == decimals:
                    buffer[place + length - 1 - back] = _POINT
                else:
                    buffer[place + length - 1 - back] = _ZERO + number % 10
                    number //= 10
            place += length
        buffer[place] = _END
        place += 1
    return place
