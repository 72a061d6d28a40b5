"""Why a network made no mesh of an image: a file that travels with a folder of predictions."""

import json
from collections.abc import Mapping
from pathlib import Path

from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.paths import replacing

FILE = "failures.json"


def reason_of(error: PhotoError) -> str:
    """What is wrong with an image, without the advice behind the last colon, which is for users with photos."""
    return str(error).rpartition(": ")[0] or str(error)


def write_reasons(folder: Path, reasons: Mapping[str, str]) -> None:
    """Keeps a sentence for each name without a mesh. Raises OutputError."""
    with replacing(folder / FILE) as temporary:
        temporary.write_text(json.dumps(dict(reasons), indent=1) + "\n")


def read_reasons(folder: Path) -> dict[str, str]:
    """The sentences by name; none where the folder has no such file. Raises EvaluationError where it cannot be read."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return {str(name): str(reason) for name, reason in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise EvaluationError(f"{path} cannot be read ({error}): it names images without a mesh and why; remove it") from error
