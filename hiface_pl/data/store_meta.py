"""What a store says about itself: how it was made, and so which bytes it holds."""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from hiface_pl.data.records import RecordLayout
from hiface_pl.synthesis.randomness import Grouping

FORMAT = 1
LATER = ("views", "expressions")
"""Fields that came after the first stores: left out where they say 1, so that the same settings still write the same bytes."""


@dataclass(frozen=True)
class StoreMeta:
    """How a store was made. Two stores with equal meta data hold the same bytes, made on the same kind of machine.

    `focal` is in image widths, `sizes` are the lengths of the coefficient vectors, `detail` says whether displacement maps lie inside the
    bases or have a residual, `bases` is their version (`face_models.derive.VERSION`) and `generator` that of the drawing code. Every person
    is shown with `expressions` expressions and each of them in `views` views.
    """

    count: int
    image_size: int
    seed: int
    split: str
    face_model: str
    fingerprint: str
    bases: int
    generator: int
    detail: str
    focal: float
    sizes: dict[str, int]
    finished: bool = False
    format: int = FORMAT
    views: int = 1
    expressions: int = 1

    @cached_property
    def layout(self) -> RecordLayout:
        """How records of this store are laid out."""
        return RecordLayout(self.image_size, self.sizes)

    @property
    def command(self) -> str:
        """The command line that makes such a store, but for its --out and for a --face-model other than the open one."""
        command = synth_command(self.count, self.image_size, self.split, self.seed)
        extra = {"views": self.views, "expressions": self.expressions}
        command += "".join(f" --{name} {number}" for name, number in extra.items() if number > 1)
        return command + (f" --detail {self.detail}" if self.detail != "inside" else "")

    @property
    def summary(self) -> str:
        """A few words that tell this store from another one."""
        return (
            f"{self.count} {self.split} samples of {self.image_size} px, seed {self.seed}, {self.expressions} x {self.views} a person, "
            f"face model {self.face_model} {self.fingerprint[:8]}, bases {self.bases}, generator {self.generator}"
        )

    def person(self, index: int) -> int:
        """Which person of its split and seed sample `index` shows. Raises IndexError beyond the store."""
        if not 0 <= index < self.count:
            raise IndexError(f"sample {index} of a store of {self.count}")
        return Grouping(self.views, self.expressions).place(index)[0]

    def same_samples(self, other: "StoreMeta") -> bool:
        """Whether stores with these meta data hold the same samples, finished or not."""
        return replace(self, finished=False) == replace(other, finished=False)

    def to_json(self) -> bytes:
        """The meta entry: the fields, and for readers in other languages what the records look like."""
        shapes = {name: list(shape) for name, shape in self.layout.shapes.items()}
        record = {
            "checksum": "crc32, u32 LE, of all that follows",
            "blob_lengths": "4 x u32 LE: image, parts, depth, residual",
            "float32": shapes,
        }
        fields = {name: value for name, value in asdict(self).items() if name not in LATER or value != 1}
        return json.dumps(fields | {"record": record}, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "StoreMeta":
        """Reads a meta entry. Raises ValueError, KeyError or TypeError for anything else."""
        values: dict[str, Any] = json.loads(text)
        values.pop("record")
        return cls(**values)


def synth_command(count: int, image_size: int, split: str, seed: int = 0) -> str:
    """The command line that makes a store, but for its --out."""
    return f"hiface-pl data synth --count {count} --image-size {image_size} --seed {seed} --split {split}"
