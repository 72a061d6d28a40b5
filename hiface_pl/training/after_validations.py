"""What looks at a network after validations, though not after every one."""

from abc import ABC, abstractmethod
from typing import Any

import lightning
from typing_extensions import override


class AfterValidations(lightning.Callback, ABC):
    """Looks after every `every`-th validation of a training, a resumed one counts on; and at the end of other validations and of tests."""

    def __init__(self, every: int = 1) -> None:
        self.every, self.validations = every, 0

    @abstractmethod
    def look(self, trainer: lightning.Trainer, module: Any) -> None:
        """At the network that was validated or tested."""

    @override
    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.sanity_checking:
            return
        self.validations += trainer.state.fn == "fit"
        if trainer.state.fn != "fit" or self.validations % self.every == 0:
            self.look(trainer, pl_module)

    @override
    def on_test_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.look(trainer, pl_module)

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"validations": self.validations}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.validations = int(state_dict["validations"])
