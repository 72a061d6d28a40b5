"""The record that an evaluation ends in: every number with its baseline, its unit and, where one was used, its alignment."""

from typing import NamedTuple


class Measured(NamedTuple):
    """A mean error over the samples beside that of the baseline, both in `unit`. A tuple: torchmetrics rebuilds what it returns."""

    label: str
    unit: str
    error: float
    baseline: float

    @property
    def skill(self) -> float:
        """1 - error / baseline: 1 is perfect, 0 as good as the baseline, negative worse."""
        return 1.0 - self.error / self.baseline if self.baseline > 0 else float("nan")


class FaceScores(NamedTuple):
    """Scores of a reconstructor on faces with ground truth. None where the detail head has no such map or no sample has the label.

    The baseline always predicts the mean face: frontal, in the middle of its crop, no expression, the mean maps, the mean age.
    The limits are what no network can go below where wrinkles lie outside the bases: the projections onto them. `static_amplitude_r2` is
    the coefficient of determination of the wrinkle amplitude, the root mean square of a face's static map, and `amplitude_estimate_r2` that
    of the encoder's own estimate of it, where it makes one.
    """

    samples: int
    identity_rigid: Measured
    identity_similarity: Measured
    expression: Measured
    landmarks: Measured
    pose: Measured
    static_map: Measured | None = None
    compressed_map: Measured | None = None
    stretched_map: Measured | None = None
    total_map: Measured | None = None
    age: Measured | None = None
    static_limit: Measured | None = None
    compressed_limit: Measured | None = None
    stretched_limit: Measured | None = None
    static_amplitude_r2: float | None = None
    amplitude_estimate_r2: float | None = None

    @property
    def measured(self) -> dict[str, Measured]:
        """The measured quantities by field name, without those that are absent."""
        return {name: value for name, value in self._asdict().items() if isinstance(value, Measured)}

    @property
    def determined(self) -> dict[str, float | None]:
        """The coefficients of determination by field name."""
        return {"static_amplitude_r2": self.static_amplitude_r2, "amplitude_estimate_r2": self.amplitude_estimate_r2}

    def floats(self) -> dict[str, float]:
        """Flat numbers for loggers: `identity_rigid_mm`, `identity_rigid_skill` and so on."""
        numbers = {"samples": float(self.samples)}
        for name, value in self.measured.items():
            numbers[f"{name}_{UNIT_NAMES[value.unit]}"] = value.error
            numbers[f"{name}_skill"] = value.skill
        numbers |= {name: value for name, value in self.determined.items() if value is not None}
        return numbers


UNIT_NAMES = {"mm": "mm", "%": "percent", "deg": "deg", "years": "years"}
"""How units are written in the names of logged numbers."""
