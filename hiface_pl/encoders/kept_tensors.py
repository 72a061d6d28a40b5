"""Tensors that follow from a face model alone but take a while: made once, kept under HIFACE_HOME."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hiface_pl.face_models.derive import derived_path
from hiface_pl.face_models.derived_files import read_arrays, read_or_build
from hiface_pl.face_models.face_assets import FaceAssets


def kept_tensors(assets: FaceAssets, name: str, build: Callable[[], Sequence[Tensor]]) -> list[Tensor]:
    """What `build` returns, from a file if it was built before for this model and these bases. Raises OutputError.

    `name` tells what it is and all that it depends on besides `assets`; it has a number that is raised when the code would build others.
    """
    path = derived_path(assets.model, f"{name}-{assets.detail.digest}.npz")
    return read_or_build(
        path,
        lambda file: [torch.from_numpy(array) for array in read_arrays(file).values()],
        lambda: {str(number): tensor.numpy() for number, tensor in enumerate(build())},
    )
