"""How large the demo is, and what it has to reach."""

from dataclasses import asdict, dataclass, replace
from typing import Any

GOALS = {
    "identity_rigid": (">=", 0.08, "skill"),
    "identity_similarity": (">=", 0.06, "skill"),
    "expression": (">=", 0.19, "skill"),
    "landmarks": ("<=", 3.5, "error"),
    "pose": ("<=", 4.5, "error"),
}
"""What `make demo` should reach on held-out faces: skills, landmark error in per cent, rotation error in degrees."""


@dataclass(frozen=True)
class DemoSettings:
    """Numbers of faces, their size, and the length of the training. Equal settings give an equal demo, so finished stages are kept."""

    train: int = 12_000
    val: int = 200
    test: int = 500
    image_size: int = 112
    seed: int = 0
    steps: int = 520
    validate_every: int = 130
    jobs: int = 2

    def part(self, share: float) -> "DemoSettings":
        """A quick look: this share of the faces and of the training."""
        interval = max(1, round(share * self.validate_every))
        rounds = self.steps // self.validate_every
        train, val, test = (max(least, round(share * count)) for least, count in ((64, self.train), (8, self.val), (8, self.test)))
        return replace(self, train=train, val=val, test=test, steps=rounds * interval, validate_every=interval)

    @property
    def counts(self) -> dict[str, int]:
        """Samples of each split."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the file that remembers finished stages; the number of processes changes no result."""
        return {name: value for name, value in asdict(self).items() if name != "jobs"}
