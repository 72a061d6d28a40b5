import pytest
import torch
from jsonargparse import Namespace

from hiface_pl.cli.devices import require_devices
from hiface_pl.errors import ConfigError
from hiface_pl.launch import Launch


def refused(accelerator: str, devices: object, nodes: int = 1, launch: Launch | None = None, gpus: int = 2, **environment: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "device_count", lambda: gpus)
        for name, value in environment.items():
            patch.setenv(name, value)
        trainer = Namespace(accelerator=accelerator, devices=devices, num_nodes=nodes)
        with pytest.raises(ConfigError) as caught:
            require_devices(trainer, 40, launch or Launch())
    return str(caught.value)


def test_more_gpus_than_there_are() -> None:
    told = refused("gpu", 8)
    assert told.startswith("trainer.devices asks for 8 GPUs, this machine has 2: add `--trainer.devices 2 --data.batch_size 160`")
    assert "asks for 4 GPUs, this machine has 3: add `--trainer.devices 3`" in refused("cuda", "2,3", gpus=3)
    assert "no GPU on this machine: add `--config experiments/scale/mini.yaml`" in refused("gpu", "auto", gpus=0)


def test_other_processes_than_were_asked_for() -> None:
    assert "torchrun started 2 processes on 1 nodes, the configuration wants 4 on each of 1: add `--trainer.devices 2" in refused(
        "cpu", 4, launch=Launch("torchrun", 0, 2)
    )
    assert "start the command on every node" in refused("cpu", 2, nodes=2)
    assert "--ntasks-per-node=2" in refused("cpu", 2, launch=Launch("SLURM", 0, 2))
    assert "SLURM started 1 processes" in refused("gpu", 2, launch=Launch("SLURM", 0, 1), SLURM_NTASKS_PER_NODE="1")


@pytest.mark.parametrize(
    ("accelerator", "devices", "launch"),
    [
        ("gpu", 2, Launch()),
        ("gpu", "auto", Launch()),
        ("gpu", [0, 1], Launch("torchrun", 1, 2, 1)),
        ("cpu", "auto", Launch()),
        ("cpu", 64, Launch()),
    ],
)
def test_what_fits_is_taken(accelerator: str, devices: object, launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    require_devices(Namespace(accelerator=accelerator, devices=devices, num_nodes=1), 40, launch)
