"""What a store of photos says about itself."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import lmdb

from hiface_pl.data.photos.photo_record import SHAPES
from hiface_pl.data.photos.quality import Limits
from hiface_pl.data.store_file import META_KEY
from hiface_pl.errors import StoreError

KIND = "photos"
FORMAT = 1
MAKER = "hiface-pl data prepare"


@dataclass(frozen=True)
class PhotoMeta:
    """`photos` pictures, known by their `digest`, gave `count` faces; `perception` names the networks that looked at them.

    `smallest`, `sharp` and `largest` are those of `quality.Limits`, `people` says that folders name people. `count` is 0 until the store is
    finished.
    """

    photos: int
    digest: str
    image_size: int
    smallest: float
    sharp: float
    largest: bool
    people: bool
    perception: str
    count: int = 0
    finished: bool = False
    kind: str = KIND
    format: int = FORMAT

    @property
    def limits(self) -> Limits:
        """What a face needs."""
        return Limits(self.smallest, self.sharp, self.largest)

    @property
    def command(self) -> str:
        """The command line that makes such a store, but for its --out."""
        flags = " --largest" * self.largest + " --people" * self.people
        return f"{MAKER} PHOTOS --image-size {self.image_size} --smallest {self.smallest:g} --sharp {self.sharp:g}{flags}"

    @property
    def summary(self) -> str:
        """A few words that tell this store from another one."""
        flags = ", the largest face of each" * self.largest + ", folders are people" * self.people
        return (
            f"faces of {self.photos} photos ({self.digest[:8]}) at {self.image_size} px from {self.smallest:g} px and sharpness "
            f"{self.sharp:g} on{flags}, seen by {self.perception}"
        )

    def same_samples(self, other: "PhotoMeta") -> bool:
        """Whether stores with these meta data hold the same samples, finished or not."""
        return replace(self, finished=False, count=0) == replace(other, finished=False, count=0)

    def to_json(self) -> bytes:
        """The meta entry: the fields, and for readers in other languages what the records look like."""
        record = {
            "checksum": "crc32, u32 LE, of all that follows",
            "blob_lengths": "3 x u32 LE: image (JPEG), skin (deflated bits), origin (JSON)",
            "float32": {name: list(shape) for name, shape in SHAPES.items()},
        }
        return json.dumps(asdict(self) | {"record": record}, indent=1).encode()


def read_photo_meta(environment: lmdb.Environment, path: Path) -> PhotoMeta | None:
    """The meta entry of an open LMDB folder, None where it is empty. Raises StoreError where it is not a store of photos."""
    with environment.begin() as transaction:
        text = transaction.get(META_KEY)
        if text is None and transaction.stat()["entries"] == 0:
            return None
    try:
        values: dict[str, Any] = json.loads(text or b"null")
        values.pop("record")
        meta = PhotoMeta(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is not a store of photos of this version: make one with `{MAKER} PHOTOS --out OTHER`") from error
    if (meta.kind, meta.format) != (KIND, FORMAT):
        raise StoreError(f"the store {path} has format {meta.format}, this version reads {FORMAT}: make it again with `{meta.command}`")
    return meta
