"""Scores of reconstructions against the ground truth of synthetic faces, summed over batches and processes."""

from enum import IntEnum

import torch
from jaxtyping import Float
from torch import Tensor
from torchmetrics import Metric

from hiface_pl.data.age import AGE_BINS
from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.alignment import align_rigid, align_similarity, vertex_distance
from hiface_pl.evaluation.scores import FaceScores, Measured
from hiface_pl.evaluation.truth import MapTruth, ShapeTruth, TotalTruth
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.camera import rotation_matrix
from hiface_pl.types import DetailMaps, FaceBatch, Labels, Pose, Reconstruction


class Quantity(IntEnum):
    """Rows of the metric's state; the names are the fields of FaceScores."""

    IDENTITY_RIGID = 0
    IDENTITY_SIMILARITY = 1
    EXPRESSION = 2
    LANDMARKS = 3
    POSE = 4
    STATIC_MAP = 5
    COMPRESSED_MAP = 6
    STRETCHED_MAP = 7
    TOTAL_MAP = 8
    AGE = 9
    STATIC_LIMIT = 10
    COMPRESSED_LIMIT = 11
    STRETCHED_LIMIT = 12


LABELS = {
    Quantity.IDENTITY_RIGID: ("identity, rigid alignment", "mm"),
    Quantity.IDENTITY_SIMILARITY: ("identity, similarity alignment", "mm"),
    Quantity.EXPRESSION: ("expression, not aligned", "mm"),
    Quantity.LANDMARKS: ("68 landmarks, of the root of the box's area", "%"),
    Quantity.POSE: ("head rotation", "deg"),
    Quantity.STATIC_MAP: ("static map, root mean square", "mm"),
    Quantity.COMPRESSED_MAP: ("compressed map, root mean square", "mm"),
    Quantity.STRETCHED_MAP: ("stretched map, root mean square", "mm"),
    Quantity.TOTAL_MAP: ("static and dynamic map, root mean square", "mm"),
    Quantity.AGE: ("age", "years"),
    Quantity.STATIC_LIMIT: ("static map, the best that the basis holds", "mm"),
    Quantity.COMPRESSED_LIMIT: ("compressed map, the best that the basis holds", "mm"),
    Quantity.STRETCHED_LIMIT: ("stretched map, the best that the basis holds", "mm"),
}


class SyntheticFaceMetrics(Metric):
    """Errors of a reconstructor on faces whose coefficients are known, each beside that of always predicting the mean face.

    Identity: mean distance of the neutral shape's vertices over the face mask after rigid and after similarity alignment. Expression:
    mean length of B_exp (xi - xi^), no alignment. Our choice of metrics.
    """

    full_state_update = False
    higher_is_better = None
    errors: Tensor
    baselines: Tensor
    counts: Tensor
    amplitude: Tensor
    estimate: Tensor
    mean_age: Tensor

    def __init__(self, assets: FaceAssets) -> None:
        super().__init__()
        self.shape = ShapeTruth(assets)
        self.static = MapTruth(assets, assets.detail.static)
        self.compressed = MapTruth(assets, assets.detail.compressed)
        self.stretched = MapTruth(assets, assets.detail.stretched)
        self.total = TotalTruth(assets)
        self.register_buffer("mean_age", torch.tensor(float(assets.detail.bank_age.mean())), persistent=False)
        for name, size in (
            ("errors", len(Quantity)),
            ("baselines", len(Quantity)),
            ("counts", len(Quantity)),
            ("amplitude", 4),
            ("estimate", 4),
        ):
            self.add_state(name, torch.zeros(size, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, reconstruction: Reconstruction, batch: FaceBatch) -> None:
        """Adds the samples of a batch that have ground truth; the others are left out, whatever their rows hold."""
        labels = batch.labels
        known = labels.has_geometry
        if known.any():
            self._add_geometry(reconstruction, labels, known)
            self._add_pose(reconstruction.coefficients.pose, labels, known)
        detailed = labels.has_detail
        if reconstruction.detail is not None and detailed.any():
            self._add_detail(reconstruction.detail[detailed], labels[detailed])
        if reconstruction.encoded.amplitude is not None and detailed.any():
            truth = self.static(labels.coefficients.static[detailed])
            truth = truth if labels.residual is None else truth + labels.residual[detailed, 0].to(truth.dtype)
            self.estimate += _sums(reconstruction.encoded.amplitude[detailed], self.static.rms(truth))
        aged = labels.has_age
        if reconstruction.age is not None and aged.any():
            self._add_age(reconstruction.age[aged], labels.age[aged])

    def compute(self) -> FaceScores:
        """Means over all samples seen. Raises EvaluationError when none had ground truth."""
        samples = int(self.counts[Quantity.IDENTITY_RIGID])
        if not samples:
            raise EvaluationError("none of the samples has ground truth to measure against: name a store made by `hiface-pl data synth`")
        measured = {quantity.name.lower(): self._measured(quantity) for quantity in Quantity if self.counts[quantity] > 0}
        amplitude, estimate = _determination(self.amplitude), _determination(self.estimate)
        return FaceScores(samples=samples, static_amplitude_r2=amplitude, amplitude_estimate_r2=estimate, **measured)

    def _measured(self, quantity: Quantity) -> Measured:
        count = self.counts[quantity]
        return Measured(*LABELS[quantity], float(self.errors[quantity] / count), float(self.baselines[quantity] / count))

    def _add(self, quantity: Quantity, error: Float[Tensor, " b"], baseline: Float[Tensor, " b"]) -> None:
        if not error.isfinite().all():
            raise EvaluationError(
                f"the error of {LABELS[quantity][0]} is not finite: look at the training log before the checkpoint was written"
            )
        self.errors[quantity] += error.double().sum()
        self.baselines[quantity] += baseline.double().sum()
        self.counts[quantity] += len(error)

    def _add_geometry(self, reconstruction: Reconstruction, labels: Labels, known: Tensor) -> None:
        shape, weights = self.shape, self.shape.weights
        truth = shape.neutral(labels.coefficients.identity[known])
        predicted = reconstruction.shape.neutral[known][:, shape.vertices].to(truth.dtype)
        mean = shape.mean.expand_as(truth)
        for quantity, align in ((Quantity.IDENTITY_RIGID, align_rigid), (Quantity.IDENTITY_SIMILARITY, align_similarity)):
            error, baseline = (vertex_distance(align(mesh, truth, weights), truth, weights) for mesh in (predicted, mean))
            self._add(quantity, error, baseline)
        expression = shape.expression(labels.coefficients.expression[known])
        offset = shape.expression(reconstruction.coefficients.expression[known].to(truth.dtype))
        still = torch.zeros_like(expression)
        self._add(Quantity.EXPRESSION, vertex_distance(offset, expression, weights), vertex_distance(still, expression, weights))
        points = labels.landmarks[known]
        error, baseline = (
            _normalised_error(guess, points) for guess in (reconstruction.landmarks[known], shape.mean_landmarks.expand_as(points))
        )
        self._add(Quantity.LANDMARKS, error, baseline)

    def _add_pose(self, pose: Pose, labels: Labels, known: Tensor) -> None:
        truth = rotation_matrix(labels.coefficients.pose.rotation[known].double())
        frontal = torch.eye(3, dtype=truth.dtype, device=truth.device).expand_as(truth)
        self._add(Quantity.POSE, _angle(rotation_matrix(pose.rotation[known].double()), truth), _angle(frontal, truth))

    def _add_detail(self, detail: DetailMaps, labels: Labels) -> None:
        beyond = labels.residual
        static = self._add_map(Quantity.STATIC_MAP, self.static, detail.static, labels.coefficients.static, beyond)
        self.amplitude += _sums(self.static.rms(self.static.read(detail.static).to(static.dtype)), self.static.rms(static))
        self._add_map(Quantity.COMPRESSED_MAP, self.compressed, detail.compressed, labels.compressed, beyond)
        self._add_map(Quantity.STRETCHED_MAP, self.stretched, detail.stretched, labels.stretched, beyond)
        total = self._true_total(labels)
        predicted = self.static.read(detail.total).to(total.dtype)
        self._add(Quantity.TOTAL_MAP, self.static.rms(predicted - total), self.static.rms(total - self.static.mean))

    def _add_map(
        self,
        quantity: Quantity,
        kind: MapTruth,
        maps: Tensor | None,
        coefficients: Float[Tensor, "b k"],
        beyond: Float[Tensor, "b 3 n"] | None,
    ) -> Float[Tensor, "b n"]:
        """The true map; where wrinkles lie beyond the basis, that is the projection and the residual, which no network can go below."""
        truth = kind(coefficients)
        if beyond is not None:
            row = int(quantity - Quantity.STATIC_MAP)
            truth = truth + beyond[:, row].to(truth.dtype)
            limit = Quantity(Quantity.STATIC_LIMIT + row)
            self._add(limit, kind.rms(beyond[:, row].to(truth.dtype)), kind.rms(truth - kind.mean))
        if maps is not None:
            self._add(quantity, kind.rms(kind.read(maps).to(truth.dtype) - truth), kind.rms(truth - kind.mean))
        return truth

    def _true_total(self, labels: Labels) -> Float[Tensor, "b n"]:
        true = self.total(labels)
        total = self.static.read(true.total)
        if labels.residual is None or true.weight_compressed is None or true.weight_stretched is None:
            return total
        static, compressed, stretched = labels.residual.to(total.dtype).unbind(dim=1)
        return total + static + self.static.read(true.weight_compressed) * compressed + self.static.read(true.weight_stretched) * stretched

    def _add_age(self, predicted: Float[Tensor, "b 81"], truth: Float[Tensor, "b 81"]) -> None:
        bins = torch.arange(AGE_BINS, device=truth.device, dtype=torch.float64)
        years = truth.double() @ bins
        self._add(Quantity.AGE, (predicted.double().exp() @ bins - years).abs(), (self.mean_age - years).abs())


def _sums(predicted: Float[Tensor, " b"], truth: Float[Tensor, " b"]) -> Float[Tensor, " 4"]:
    """What `_determination` needs of a batch: squared residuals, sum, sum of squares, number."""
    predicted, truth = predicted.double(), truth.double()
    return torch.stack([(predicted - truth).square().sum(), truth.sum(), truth.square().sum(), truth.new_tensor(len(truth))])


def _determination(sums: Float[Tensor, " 4"]) -> float | None:
    """The coefficient of determination, None where the truth does not vary."""
    residual, total, square, count = sums.tolist()
    spread = square - total * total / count if count else 0.0
    return 1.0 - residual / spread if spread > 0 else None


def _normalised_error(points: Float[Tensor, "b 68 2"], truth: Float[Tensor, "b 68 2"]) -> Float[Tensor, " b"]:
    """Mean distance of the landmarks in per cent of the root of the area of the true landmarks' box."""
    box = truth.amax(dim=1) - truth.amin(dim=1)
    return 100.0 * (points - truth).norm(dim=-1).mean(dim=1) / box.prod(dim=1).sqrt()


def _angle(first: Float[Tensor, "b 3 3"], second: Float[Tensor, "b 3 3"]) -> Float[Tensor, " b"]:
    """Geodesic angle between rotations, degrees, from the chord (exact near zero, where an arc cosine is not)."""
    chord = (first - second).flatten(1).norm(dim=1) / 8**0.5
    return torch.rad2deg(2 * torch.asin(chord.clamp(max=1)))
