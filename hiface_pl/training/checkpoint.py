"""Checkpoints that know what they are: which reconstructor, for which face model, under which licence."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, ClassVar

import torch

from hiface_pl.errors import CheckpointError
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.training.whole_checkpoint import damage, newest_whole

FORMAT = 1


@dataclass(frozen=True)
class ReconstructorRecord:
    """What a checkpoint tells about its network. `config` is the reconstructor's part of the configuration as JSON.

    `bases` is the version of the displacement and albedo bases that its coefficients belong to.
    """

    KEY: ClassVar[str] = "hiface"

    config: str
    face_model: str
    fingerprint: str
    licence: str
    package: str
    bases: int = BASES
    format: int = FORMAT

    @classmethod
    def of(cls, config: dict[str, Any], model: FaceModel) -> "ReconstructorRecord":
        """The record of a reconstructor that was built from `config` for this face model."""
        licence = f"trained with the face model {model.name} ({model.licence})"
        return cls(json.dumps(config), model.name, model.fingerprint, licence, version("hiface-pl"))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as they are stored."""
        return asdict(self)

    def parts(self) -> dict[str, str]:
        """The class of each part: encoder, shape, detail, renderer."""
        config = json.loads(self.config)
        return {name: _class_of(value) for name, value in config.get("init_args", config).items()}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a whole checkpoint on the CPU; nothing in the file is executed. Raises CheckpointError, which names another one."""
    try:
        found = damage(path)
        if found:
            raise CheckpointError(f"{path} is not a whole checkpoint ({found}): {_instead_of(path)}")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}: check the path, or train one with `hiface-pl fit`") from error
    except UnpicklingError as error:
        raise CheckpointError(
            f"{path} is refused, because it is damaged or holds more than tensors: use one that `hiface-pl fit` wrote"
        ) from error
    except (OSError, RuntimeError, EOFError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint ({first_line(error)}): {_instead_of(path)}") from error
    if not isinstance(content, dict) or "state_dict" not in content:
        raise CheckpointError(f"{path} is not a training checkpoint: use one that `hiface-pl fit` wrote")
    return content


def _instead_of(path: Path) -> str:
    """What to do about a damaged checkpoint: the newest whole one beside it, if there is one."""
    other = newest_whole(path.parent, but=path)
    return f"go on with --ckpt_path {other}, which is whole" if other else "fetch or train it again"


def record_of(content: dict[str, Any], path: Path) -> ReconstructorRecord:
    """The record in a checkpoint. Raises CheckpointError where there is none, or one of another format."""
    stored = content.get(ReconstructorRecord.KEY)
    if not isinstance(stored, dict):
        raise CheckpointError(f"{path} does not say how its network is built: use a checkpoint that `hiface-pl fit` wrote")
    if stored.get("format") != FORMAT:
        raise CheckpointError(f"{path} has checkpoint format {stored.get('format')}, this version reads {FORMAT}: train it again")
    if stored.get("bases") != BASES:
        raise CheckpointError(
            f"{path} was trained with version {stored.get('bases')} of the detail and albedo bases, this package has {BASES}: train again"
        )
    return ReconstructorRecord(**stored)


def require_same(record: ReconstructorRecord, current: ReconstructorRecord, path: Path) -> None:
    """Raises CheckpointError where a checkpoint belongs to another face model, or to other parts than the configuration names."""
    if record.fingerprint != current.fingerprint:
        raise CheckpointError(
            f"{path} belongs to the face model {record.face_model} ({record.fingerprint}), the configuration names {current.face_model} "
            f"({current.fingerprint}): name the same face model, or train anew"
        )
    wanted = current.parts()
    for part, stored in record.parts().items():
        if part != "face_model" and wanted.get(part) != stored:
            raise CheckpointError(
                f"{path} has {stored} as {part}, the configuration names {wanted.get(part)}: use the configuration that made it"
            )


def _class_of(value: Any) -> str:
    return str(value.get("class_path", "")) if isinstance(value, dict) else str(value)


def first_line(error: BaseException) -> str:
    """What an error of somebody else's code says, short enough for our own sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2]).split(". ")[0] if lines else type(error).__name__
