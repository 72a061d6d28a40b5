"""How compiled code of this package is made: without the interpreter lock, and kept on disk for as long as its sources stay the same.

Numba's own cache watches only the file of the outermost function, and would keep code that calls a changed function of another file.
Indices in compiled code are `U` (unsigned): a signed index is checked for being negative at every access, which doubled the time of the
loops over triangles.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
import numpy as np

U = np.uintp
"""The type of indices. Mixing it with signed integers makes floats: constants are written U(1)."""

inlined = numba.njit(nogil=True, error_model="numpy", forceinline=True)
"""Compiles a function into its callers."""
called = numba.njit(nogil=True, error_model="numpy")
"""Compiles a function that stays one: for large ones, which would make their callers slow to compile."""


def kernel(function: Callable[..., Any]) -> Any:
    """Compiles a function when it is first called with new types; the result is kept on disk until a file of this package changes."""
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    compiled._cache._cache_file._source_stamp = source_digest()  # noqa: SLF001 - numba offers no other way
    return compiled


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Of everything in this package that compiled code could depend on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
