"""What became of all pictures: counts, and everything that was left out with its reason."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.data.photos.face_maker import LeftOut
from hiface_pl.data.photos.ledger import PictureEntry
from hiface_pl.paths import replacing

LEFT_OUT, REPORT = "left_out.csv", "report.json"


@dataclass(frozen=True)
class PhotoReport:
    """`photos` were looked at, `used` of them gave `faces`; `left_out` are names of pictures with what is missing of them."""

    photos: int
    used: int
    faces: int
    left_out: tuple[tuple[str, LeftOut], ...]

    @classmethod
    def of(cls, entries: Iterable[PictureEntry]) -> "PhotoReport":
        """Sums up a store's entries."""
        photos = used = faces = 0
        left_out: list[tuple[str, LeftOut]] = []
        for entry in entries:
            photos, used, faces = photos + 1, used + (entry.count > 0), faces + entry.count
            left_out += [(entry.name, what) for what in entry.left_out]
        return cls(photos, used, faces, tuple(left_out))

    @property
    def reasons(self) -> dict[str, int]:
        """How often each reason occurs, the most frequent first."""
        return dict(Counter(str(what.reason) for _, what in self.left_out).most_common())

    @property
    def reasons_in_words(self) -> str:
        """The same on one line."""
        return ", ".join(f"{reason}: {count}" for reason, count in self.reasons.items())

    def write(self, folder: Path) -> None:
        """Writes `left_out.csv` (photo, face, reason, detail) and `report.json`. Raises OutputError."""
        with replacing(folder / LEFT_OUT) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["photo", "face", "reason", "detail"])
            rows.writerows([name, "" if what.face is None else what.face, what.reason, what.detail] for name, what in self.left_out)
        with replacing(folder / REPORT) as temporary:
            summary = {"photos": self.photos, "photos_used": self.used, "faces": self.faces, "left_out": self.reasons}
            temporary.write_text(json.dumps(summary, indent=1) + "\n")
