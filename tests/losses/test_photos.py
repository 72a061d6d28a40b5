"""The losses of photos: what they measure by hand, that they fall along their gradients, and that a face cannot shrink its way out."""

import math
from dataclasses import replace

import pytest
import torch

import hiface_pl.losses.detected_landmark
from hiface_pl.errors import ConfigError
from hiface_pl.face_models.landmark_places import LandmarkPlaces
from hiface_pl.losses.age import AgeLoss
from hiface_pl.losses.bundle import LossBundle
from hiface_pl.losses.compared_pixels import compared
from hiface_pl.losses.detected_landmark import DetectedLandmarkLoss
from hiface_pl.losses.photometric import PhotometricLoss
from hiface_pl.losses.recognition import RecognitionLoss, cosine_distance, drawn_over
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import ChipLayout, face_chips
from hiface_pl.perception.identity import DlibIdentity
from hiface_pl.perception.landmark_points import FIVE
from hiface_pl.rendering.lighting import ambient_light, directional_light
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.types import Coefficients, FaceBatch, Pose, Reconstruction, Rendering, Seen
from tests.fetched import fetched
from tests.losses.faces import SIZE, batch_of, perfect, shape_of, with_coefficients
from tests.tiny import tiny_assets
from tests.training.suite import tiny_places

ASSETS = tiny_assets()
SIDE = 48


class MeanColours(Embedder):
    """The mean colours of the left and of the right half. Its weights are parameters, as somebody's own network may have them."""

    layout = ChipLayout(8, 0.0)

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))
        self.norm = torch.nn.BatchNorm2d(3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        left, right = self.norm(images).chunk(2, dim=3)
        return self.gain * torch.cat([left.mean(dim=(2, 3)), right.mean(dim=(2, 3))], dim=1)


def seen(batch: int = 3, seed: int = 0) -> Seen:
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(batch, 468, 2, generator=generator)
    points[:, list(FIVE)] = torch.tensor([[0.3, 0.4], [0.4, 0.4], [0.6, 0.4], [0.7, 0.4], [0.5, 0.6]])
    identity = torch.rand(batch, 6, generator=generator)
    return Seen(torch.tensor([True, False, True])[:batch], points, torch.ones(batch, 468), identity)


def photos(batch: int = 3) -> FaceBatch:
    found = batch_of(ASSETS, batch)
    none = torch.zeros(batch, dtype=torch.bool)
    return replace(found, labels=replace(found.labels, has_geometry=none, has_detail=none, seen=seen(batch)))


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> LandmarkPlaces:
    """468 points spread over the tiny face, the first 36 of which are the border."""
    monkeypatch.setattr(hiface_pl.losses.detected_landmark, "landmark_places", tiny_places)
    return tiny_places(ASSETS.model)


# L_pho


def drawn(coefficients: Coefficients) -> Rendering:
    renderer = Renderer()
    renderer.bind(ASSETS)
    return renderer(shape_of(ASSETS, coefficients).expressive, coefficients, None, SIDE)


def face(light: float = 1.0, **pose: float) -> Coefficients:
    """A patterned face of medium brightness; `light` scales what falls on it, `x`, `z` move it, `turn` turns it."""
    lighting = light * (ambient_light((0.4, 0.4, 0.4)) + directional_light((0.4, 0.3, 1.0), (0.6, 0.6, 0.6)))[None]
    placed = Pose(torch.tensor([[0.0, pose.get("turn", 0.0), 0.0]]), torch.tensor([[pose.get("x", 0.0), 0.0, pose.get("z", -930.0)]]))
    return Coefficients(torch.zeros(1, 4), torch.zeros(1, 4), torch.zeros(1, 5), torch.full((1, 3), 2.0), lighting, placed)


def picture(image: torch.Tensor, mask: torch.Tensor) -> tuple[FaceBatch, Reconstruction]:
    """A photo of one face with this skin, and a reconstruction to be changed."""
    small = photos(1)
    found = perfect(ASSETS, small)
    return replace(small, image=image, labels=replace(small.labels, mask=mask)), found


def photometric(guess: Coefficients, term: PhotometricLoss | None = None) -> float:
    """L_pho of a guess against the picture of `face()` before a bright background."""
    truth = drawn(face())
    image = torch.where(truth.mask > 0, truth.image, 0.9)
    batch, found = picture(image, truth.skin)
    value: float = (term or PhotometricLoss())(replace(found, rendering=drawn(guess)), batch).value.item()
    return value


@pytest.mark.parametrize("light", [1.0, 0.6, 1.4, 0.2])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_face_that_shrinks_or_slides_away_never_costs_less(light: float, norm: str) -> None:
    term = PhotometricLoss(norm=norm)  # type: ignore[arg-type]
    shrinking = [photometric(face(light, z=z), term) for z in (-930, -980, -1100, -1500, -4000, -90000)]
    sliding = [photometric(face(light, x=x), term) for x in (0, 10, 30, 80, 150, 400)]
    back = [photometric(face(light, x=-x), term) for x in (0, 10, 30, 80, 150, 400)]
    turning = [photometric(face(light, turn=turn), term) for turn in (0, 0.3, 0.8, 1.3)]
    for values in (shrinking, sliding, back, turning):
        assert values == sorted(values)
        assert values[-1] > values[0] + 0.2
    assert shrinking[-1] == pytest.approx(1.0 if norm == "l1" else math.sqrt(3), abs=1e-4)


def test_comparing_where_both_are_would_reward_a_face_that_slides_away() -> None:
    """What the fixed mask is for: a face that is too dark then finds the image's darker half."""
    truth, overlap = drawn(face()), []
    places = (0, -30, -60, -110, -140)
    for x in places:
        guess = drawn(face(0.3, x=x))
        both = truth.skin * guess.skin
        overlap.append(((truth.image - guess.image).abs().mean(dim=1, keepdim=True) * both).sum().item() / both.sum().item())
    assert overlap == sorted(overlap, reverse=True)
    ours = [photometric(face(0.3, x=x)) for x in places]
    assert ours == sorted(ours)


def test_pixels_that_mix_skin_with_something_else_are_not_compared() -> None:
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :3] = 1
    assert compared(mask, 2).tolist() == [[[[1.0, 0.0], [1.0, 0.0]]]]
    assert torch.equal(compared(mask, 4), mask)


def test_synthetic_faces_can_be_left_out_of_the_photometric_loss() -> None:
    batch = photos()
    batch = replace(batch, labels=replace(batch.labels, has_geometry=torch.tensor([True, False, True])))
    found = perfect(ASSETS, batch)
    assert PhotometricLoss()(found, batch).valid.tolist() == [True, True, True]
    assert PhotometricLoss(synthetic=False)(found, batch).valid.tolist() == [False, True, False]


def test_steps_along_the_photometric_gradient_bring_light_and_pose_closer() -> None:
    truth = drawn(face())
    batch, found = picture(truth.image, truth.skin)
    start = face(0.7, x=2.0)
    numbers = {"lighting": start.lighting.clone().requires_grad_(), "x": start.pose.translation.clone().requires_grad_()}

    def value() -> torch.Tensor:
        guess = replace(start, lighting=numbers["lighting"], pose=replace(start.pose, translation=numbers["x"]))
        return PhotometricLoss()(replace(found, rendering=drawn(guess)), batch).value.sum()

    before = value()
    for name, step in (("lighting", 0.05), ("x", 0.1)):
        (gradient,) = torch.autograd.grad(value(), numbers[name])
        with torch.no_grad():
            numbers[name] -= step * gradient / gradient.norm()
        assert value() < before
        before = value()


# L_id


def test_cosine_distance_by_hand() -> None:
    values = cosine_distance(torch.tensor([[3.0, 0.0], [1.0, 1.0], [2.0, 0.0]]), torch.tensor([[0.0, 2.0], [1.0, 0.0], [5.0, 0.0]]))
    torch.testing.assert_close(values, torch.tensor([1.0, 1 - math.sqrt(0.5), 0.0]))


def shown(left: torch.Tensor, right: torch.Tensor) -> Rendering:
    """A face that fills the image, its two halves of one colour each."""
    image = torch.cat([colour.view(1, 3, 1, 1).expand(1, 3, SIZE, SIZE // 2) for colour in (left, right)], dim=3)
    ones = torch.ones(1, 1, SIZE, SIZE)
    return Rendering(image, ones, ones, ones, torch.zeros_like(image))


def one_photo(identity: torch.Tensor) -> tuple[FaceBatch, Reconstruction]:
    batch = photos(1)
    batch = replace(batch, labels=replace(batch.labels, seen=replace(batch.labels.seen, identity=identity)))
    return batch, perfect(ASSETS, batch)


def test_recognition_by_hand() -> None:
    """The chip lies inside the face, so each half of the vector is one colour, but for the two middle columns that mix them."""
    colours = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    batch, found = one_photo(torch.tensor([[1.0, 0, 0, 0, 0, 0]]))
    loss = RecognitionLoss(MeanColours())
    value = loss(replace(found, rendering=shown(*colours)), batch)
    assert value.valid.tolist() == [True]
    assert value.value.item() == pytest.approx(1 - math.sqrt(0.5), abs=0.02)
    same = loss(replace(found, rendering=shown(colours[0], torch.zeros(3))), batch)
    assert same.value.item() == pytest.approx(0.0, abs=0.01)


def test_what_is_no_skin_decides_nothing() -> None:
    batch, _ = one_photo(torch.ones(1, 6))
    rendering = shown(torch.ones(3), torch.zeros(3))
    assert torch.equal(drawn_over(batch.image, torch.zeros(1, 1, SIZE, SIZE), rendering), batch.image)
    assert torch.equal(drawn_over(batch.image, batch.labels.mask, rendering), rendering.image)


def test_only_photos_are_looked_at_and_nothing_else_gets_a_value() -> None:
    batch, loss = photos(), RecognitionLoss(MeanColours())
    sizes: list[int] = []
    loss.network._held[0].register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    term = loss(perfect(ASSETS, batch), batch)
    assert sizes == [2]
    assert term.valid.tolist() == [True, False, True]
    assert term.value[1] == 0
    few = RecognitionLoss(MeanColours(), most=1)(perfect(ASSETS, batch), batch)
    assert few.valid.tolist() == [False, False, True]
    torch.testing.assert_close(few.value, torch.stack([term.value[1], term.value[1], term.value[2]]))
    without = replace(batch, labels=replace(batch.labels, seen=None))
    assert not loss(perfect(ASSETS, without), without).valid.any()
    assert sizes == [2]


def test_steps_along_the_recognition_gradient_decrease_it() -> None:
    batch, loss = photos(), RecognitionLoss(MeanColours())
    found = perfect(ASSETS, batch)
    image = found.rendering.image.clone().requires_grad_()

    def value(pixels: torch.Tensor) -> torch.Tensor:
        return loss(replace(found, rendering=replace(found.rendering, image=pixels)), batch).value.sum()

    (gradient,) = torch.autograd.grad(value(image), image)
    assert gradient[0].abs().max() > 0
    assert not gradient[1].any()
    assert value(image - 0.1 * gradient / gradient.norm()) < value(image)


def test_the_network_of_a_loss_is_not_trained_stored_or_switched() -> None:
    bundle = LossBundle(recognition=RecognitionLoss(MeanColours()))
    bundle.bind(ASSETS)
    network = bundle.recognition.network._held[0]
    bundle.train()
    assert not any(module.training for module in network.modules())
    assert not list(bundle.parameters())
    assert not list(bundle.buffers())[1:], "the weights of the terms alone"
    assert bundle.state_dict() == {}
    assert not network.gain.requires_grad
    bundle.double()
    assert network.gain.dtype == torch.float64, "it moves with the module"


def test_without_a_rendering_the_term_is_named() -> None:
    batch = photos()
    with pytest.raises(ConfigError, match="RecognitionLoss needs a rendering"):
        RecognitionLoss(MeanColours())(replace(perfect(ASSETS, batch), rendering=None), batch)


def test_the_face_recognition_network_knows_a_person_drawn_over_himself() -> None:
    """The fetched network: a photo's skin replaced by itself stays that person, by another's it does not."""
    fetched("face-api")
    network = DlibIdentity()
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 14, 14, generator=generator)
    image = torch.nn.functional.interpolate(image, (150, 150), mode="bicubic").clamp(0, 1)
    five = seen(1).points[:, list(FIVE)]
    batch, found = one_photo(network(face_chips(image, five, network.layout)))
    everywhere = torch.ones(1, 1, 150, 150)
    batch = replace(batch, image=image, labels=replace(batch.labels, mask=everywhere))
    loss = RecognitionLoss(network)
    pixels = Rendering(image, everywhere, everywhere, everywhere, image)
    first = loss(replace(found, rendering=pixels), batch).value
    other = loss(replace(found, rendering=replace(pixels, image=1 - image)), batch).value
    assert first.item() == pytest.approx(0.0, abs=1e-5)
    assert other.item() > 0.02


# L_lmk and L_kd


def test_detected_landmarks_in_place_cost_nothing_and_a_percent_off_a_percent(places: LandmarkPlaces) -> None:
    loss, batch = DetectedLandmarkLoss(), photos()
    loss.bind(ASSETS)
    exact = torch.zeros(3, 468, 2)
    exact[:, 36:] = loss.points(batch.labels.coefficients)
    certainty = torch.ones(3, 468)
    certainty[:, 36:100] = 0

    def value(points: torch.Tensor) -> torch.Tensor:
        labels = replace(batch.labels, seen=replace(batch.labels.seen, points=points, certainty=certainty))
        term = loss(perfect(ASSETS, batch), replace(batch, labels=labels))
        assert term.valid.tolist() == [True, False, True]
        return term.value

    torch.testing.assert_close(value(exact), torch.zeros(3))
    moved = exact + torch.tensor([0.006, 0.008])
    torch.testing.assert_close(value(moved), torch.ones(3), rtol=1e-3, atol=1e-4)
    moved[:, 36:100] = 7.0
    torch.testing.assert_close(value(moved), torch.ones(3), rtol=1e-3, atol=1e-4), "uncertain points and the border do not count"


def test_steps_along_the_landmark_gradient_decrease_it(places: LandmarkPlaces) -> None:
    loss, batch = DetectedLandmarkLoss(), photos()
    loss.bind(ASSETS)
    for name in ("identity", "expression", "pose"):
        known = batch.labels.coefficients
        guess = (known.pose.translation if name == "pose" else getattr(known, name)).clone().requires_grad_()

        def value(numbers: torch.Tensor, name: str = name, known: Coefficients = known) -> torch.Tensor:
            changed = {name: replace(known.pose, translation=numbers) if name == "pose" else numbers}
            term = loss(with_coefficients(perfect(ASSETS, batch), **changed), batch)
            return term.value[term.valid].sum()

        (gradient,) = torch.autograd.grad(value(guess), guess)
        assert value(guess - 0.05 * gradient / gradient.norm()) < value(guess)


def test_batches_without_photos_give_the_landmark_loss_nothing(places: LandmarkPlaces) -> None:
    loss, batch = DetectedLandmarkLoss(), batch_of(ASSETS)
    loss.bind(ASSETS)
    assert not loss(perfect(ASSETS, batch), batch).valid.any()


def test_age_of_a_photo_by_hand() -> None:
    """A photo whose age network is torn between 20 and 40 years, against a head that says 20 with 80 %."""
    batch = photos(1)
    label, guess = torch.zeros(1, 81), torch.full((1, 81), 0.1 / 79)
    label[0, [20, 40]] = 0.5
    guess[0, [20, 40]] = torch.tensor([0.8, 0.1])
    batch = replace(batch, labels=replace(batch.labels, age=label))
    expected = 0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.1)
    logits = guess.log().requires_grad_()
    value = AgeLoss()(replace(perfect(ASSETS, batch), age=logits.log_softmax(dim=1)), batch).value.sum()
    assert value.item() == pytest.approx(expected, abs=1e-4)
    (gradient,) = torch.autograd.grad(value, logits)
    assert AgeLoss()(replace(perfect(ASSETS, batch), age=(logits - 0.1 * gradient).log_softmax(dim=1)), batch).value < value
