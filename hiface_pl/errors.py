"""What can go wrong because of an input: every message says what, where and what to do next."""

from enum import Enum


class Teller(Enum):
    """Which of the processes of one training prints an error: the first one of all, the first one of each machine, or each that has it."""

    FIRST = 0
    NODE = 1
    PROCESS = 2


class HifaceError(Exception):
    """A user's input cannot be used. The command line prints the message as one sentence and exits with 2."""

    exit_code = 2
    teller = Teller.NODE


class ConfigError(HifaceError):
    """A configuration names something that does not exist or does not fit."""


class AssetError(HifaceError):
    """A file that has to be fetched or built first is missing or altered."""


class FaceModelError(HifaceError):
    """A face model file cannot be read, or does not fit what was made with another one."""


class CheckpointError(HifaceError):
    """A checkpoint cannot be read, or belongs to another face model, encoder or detail head."""


class StoreError(HifaceError):
    """A sample store is missing, corrupt, or was made with other settings."""


class PhotoError(HifaceError):
    """A photo cannot be read, or shows no face."""


class MeshError(HifaceError):
    """A mesh file cannot be read, or does not fit the topology that it should have."""


class OutputError(HifaceError):
    """A result cannot be written where it should go."""


class TrainingError(HifaceError):
    """Training cannot go on, such as a loss term that is not finite."""

    teller = Teller.PROCESS


class ProcessLost(TrainingError):  # noqa: N818
    """A process that takes part in a training has ended, or no longer answers: nothing is wrong with the input."""

    exit_code = 1


class EvaluationError(HifaceError):
    """There is nothing to measure, or what there is cannot be measured."""

    teller = Teller.PROCESS
