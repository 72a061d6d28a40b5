"""What an open scan set says about itself, and so which bytes it holds."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hiface_pl.data.open_scans.layout import META, SIDE_YAWS
from hiface_pl.errors import EvaluationError

NAME = "open-scans"
FORMAT = 1
LICENCE = "Synthetic people, under the licence of the face model that they were made from. Not REALY, and no scan of anybody."


@dataclass(frozen=True)
class ScanSetMeta:
    """How a set was made. Two sets with equal meta data hold the same bytes on the same kind of machine.

    `bases` is the version of the displacement bases (`face_models.derive.VERSION`), `generator` that of the drawing code, `model_licence`
    the face model's. Scans are in units of about 9 mm; `metrical_scale.txt` has the millimetres of one unit, a line a subject.
    """

    subjects: int
    seed: int
    image_size: int
    face_model: str
    fingerprint: str
    bases: int
    generator: int
    model_licence: str
    name: str = NAME
    format: int = FORMAT
    licence: str = LICENCE
    unit: str = "about 9 mm: see metrical_scale.txt"
    side_yaws: tuple[float, ...] = SIDE_YAWS

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @property
    def summary(self) -> str:
        """A few words that tell this set from another one."""
        return (
            f"{self.subjects} subjects of seed {self.seed}, images of {self.image_size} px, face model {self.face_model} "
            f"{self.fingerprint[:8]}, bases {self.bases}, generator {self.generator}, format {self.format}"
        )


def read_meta(folder: Path) -> ScanSetMeta:
    """The meta data of a set. Raises EvaluationError where the folder is not an open scan set of this version."""
    path = folder / META
    advice = f"make one with `hiface-pl data open-scans --subjects 100 --out {folder}`"
    try:
        values = json.loads(path.read_text())
        if values["format"] != FORMAT or values["name"] != NAME:
            raise EvaluationError(f"{path} is of format {values['format']}, this version reads {FORMAT}: remove {folder} and {advice}")
        return ScanSetMeta(**(values | {"side_yaws": tuple(values["side_yaws"])}))
    except FileNotFoundError as error:
        raise EvaluationError(f"{folder} is not an open scan set, it has no {META}: {advice}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path} cannot be read ({error}): {advice}") from error
