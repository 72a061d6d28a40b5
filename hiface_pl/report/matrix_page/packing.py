"""Numbers as text that a page can hold: whole numbers, their differences, deflated. viewer/src/codec.js reads them back exactly."""

import base64
import zlib

import numpy as np
from jaxtyping import Int32, Num

PLANES = 4
LEVEL = 9


def packed(values: Num[np.ndarray, "..."], step: float = 1.0) -> str:
    """The text of an array in units of `step`, rounded; axes are flattened in C order. Neighbours should be alike."""
    return base64.b64encode(deflated(values, step)).decode("ascii")


def deflated(values: Num[np.ndarray, "..."], step: float = 1.0) -> bytes:
    """The bytes beneath the text: zlib over the byte planes, lowest first, of zigzag differences, 32 bits each."""
    whole = np.rint(np.asarray(values, dtype=np.float64).ravel() / step).astype(np.int64)
    change = np.diff(whole, prepend=0).astype(np.int32)
    zigzag = ((change << 1) ^ (change >> 31)).astype("<u4")
    return zlib.compress(zigzag.view(np.uint8).reshape(-1, PLANES).T.tobytes(), LEVEL)


def inflated(content: bytes) -> Int32[np.ndarray, " n"]:
    """The whole numbers again, in units of the step. Raises ValueError for anything else."""
    try:
        planes = np.frombuffer(zlib.decompress(content), np.uint8)
    except zlib.error as error:
        raise ValueError(f"not deflated ({error})") from error
    zigzag = np.ascontiguousarray(planes.reshape(PLANES, -1).T).view("<u4").ravel()
    change = (zigzag >> 1).astype(np.int32) ^ -(zigzag & 1).astype(np.int32)
    return np.cumsum(change, dtype=np.int64).astype(np.int32)
