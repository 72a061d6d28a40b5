from dataclasses import dataclass

import lightning
import pytest
import torch
from torch import nn

from hiface_pl.training.averaging import CURRENT, AveragedWeights


class OneWeight(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))
        self.register_buffer("mesh", torch.ones(5), persistent=False)


@dataclass
class State:
    fn: str = "fit"


class FakeTrainer(lightning.Trainer):
    """A trainer that only counts."""

    global_step = 0

    def __init__(self) -> None:
        self.state = State()


def trained(decay: float, values: list[float]) -> tuple[AveragedWeights, OneWeight, FakeTrainer]:
    averaged, module, trainer = AveragedWeights(decay), OneWeight(), FakeTrainer()
    averaged.on_train_start(trainer, module)
    for value in values:
        module.weight.data.fill_(value)
        trainer.global_step += 1
        averaged.on_train_batch_end(trainer, module, None, None, 0)
    return averaged, module, trainer


def test_the_average_by_hand() -> None:
    averaged, _, _ = trained(0.2, [1.0, 3.0])
    first = (1 - 2 / 11) * 1.0  # step 1: the decay (1 + 1) / (10 + 1) is below 0.2
    assert averaged.average["weight"].item() == pytest.approx(0.2 * first + 0.8 * 3.0)


def test_only_what_is_learned_is_averaged() -> None:
    averaged, _, _ = trained(0.9, [1.0])
    assert set(averaged.average) == {"weight"}


def test_accumulated_batches_count_once() -> None:
    averaged, module, trainer = trained(0.5, [1.0])
    before = averaged.average["weight"].clone()
    module.weight.data.fill_(100.0)
    averaged.on_train_batch_end(trainer, module, None, None, 1)
    assert torch.equal(averaged.average["weight"], before)


def test_validation_sees_the_average_and_training_goes_on_with_the_weights() -> None:
    averaged, module, trainer = trained(0.5, [1.0, 2.0])
    average = averaged.average["weight"].item()
    averaged.on_validation_start(trainer, module)
    assert module.weight.item() == average
    averaged.on_validation_end(trainer, module)
    assert module.weight.item() == 2.0


@pytest.mark.parametrize("while_validating", [False, True])
def test_checkpoints_are_the_same_during_validation(while_validating: bool) -> None:
    averaged, module, trainer = trained(0.5, [1.0, 2.0])
    average = averaged.average["weight"].item()
    if while_validating:
        averaged.on_validation_start(trainer, module)
    checkpoint = {"state_dict": module.state_dict()}
    averaged.on_save_checkpoint(trainer, module, checkpoint)
    assert checkpoint["state_dict"]["weight"].item() == average
    assert checkpoint[CURRENT]["weight"].item() == 2.0
