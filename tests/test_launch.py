from hiface_pl.errors import StoreError, TrainingError
from hiface_pl.launch import Launch
from hiface_pl.training.interruption import TrainingStopped

TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
SLURM = {"SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "1", "SLURM_NNODES": "2", "SLURM_JOB_NAME": "train"}


def test_who_started_the_process() -> None:
    assert Launch.current({}) == Launch()
    assert Launch.current(TORCHRUN) == Launch("torchrun", 5, 8, 1, 2)
    assert Launch.current(SLURM | TORCHRUN).starter == "torchrun"
    assert Launch.current(SLURM) == Launch("SLURM", 3, 4, 1, 2)
    assert Launch.current(SLURM | {"SLURM_JOB_NAME": "interactive"}) == Launch()
    assert Launch.current({"LOCAL_RANK": "1", "WORLD_SIZE": "2"}) == Launch("", 1, 2, 1)


def test_one_sentence_whatever_the_number_of_processes() -> None:
    first, second, on_another_node = Launch("SLURM", 0, 4, 0, 2), Launch("SLURM", 1, 4, 1, 2), Launch("SLURM", 2, 4, 0, 2)
    assert [launch.says(StoreError("no store")) for launch in (first, second, on_another_node)] == [
        "hiface-pl: no store",
        None,
        "hiface-pl: on the machine of process 2: no store",
    ]
    assert [launch.says(TrainingStopped("stopped", 15)) for launch in (second, on_another_node)] == [None, None]
    assert second.says(TrainingError("not finite")) == "hiface-pl: process 1: not finite"
