"""Two processes with batches of 4 are one process with batches of 8."""

from pathlib import Path

import numpy as np
import torch

from hiface_pl.losses.over_processes import pooled
from hiface_pl.training.distributed import average
from tests.distributed.suite import start, together, torchrun_like, write_files

STEPS = 8


def the_run(folder: Path) -> Path:
    (run,) = (folder / "runs" / "tiny").iterdir()
    return run


def columns(folder: Path) -> dict[str, np.ndarray]:
    """The numbers of metrics.csv by name, without the steps that do not have them."""
    header, *rows = (line.split(",") for line in (the_run(folder) / "metrics.csv").read_text().splitlines())
    return {name: np.array([float(row[i]) for row in rows if row[i]]) for i, name in enumerate(header)}


def test_two_processes_equal_one(tmp_path: Path) -> None:
    files = write_files(tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    common = ["fit", *files, "--trainer.max_epochs", "9", "--trainer.max_steps", str(STEPS)]
    alone = start(tmp_path, [*common, "--trainer.devices", "1", "--data.batch_size", "8", "--runs", str(one / "runs")], [{}])
    assert alone.join() == [0], alone.text(0)
    both = start(tmp_path, [*common, "--trainer.devices", "2", "--runs", str(two / "runs")], torchrun_like())
    assert both.join() == [0, 0], both.text(0) + both.text(1)

    states = [torch.load(the_run(folder) / "checkpoints" / "last.ckpt", weights_only=True) for folder in (one, two)]
    assert [state["global_step"] for state in states] == [STEPS, STEPS]
    for kind in ("state_dict", "current_state"):
        first, second = (state[kind] for state in states)
        assert first.keys() == second.keys()
        for name in first:
            torch.testing.assert_close(second[name], first[name], rtol=1e-4, atol=1e-6)
    assert states[0]["state_dict"]["reconstructor.encoder.head.weight"].abs().max() > 1e-3

    first, second = columns(one), columns(two)
    assert first.keys() == second.keys()
    assert {"train/loss", "train/static", "val/loss", "val/static", "val/skill"} <= first.keys()
    for name in first:
        np.testing.assert_allclose(second[name], first[name], rtol=1e-4, atol=1e-6, err_msg=name)
    assert set(second["val/samples"]) == {7}, "each sample counts once, although 7 is not divisible by 2"

    assert not both.text(1), "only the first process prints"
    assert sorted(file.name for file in the_run(two).iterdir()) == ["checkpoints", "config.yaml", "metrics.csv"]


def pool(rank: int) -> None:
    nan = float("nan")
    means = torch.tensor([[1.0, 5.0, nan, 2.0], [4.0, 7.0, nan, 2.0]][rank])
    counts = torch.tensor([[3, 0, 0, 5], [1, 2, 0, 5]][rank])
    result = pooled(means, counts)
    torch.testing.assert_close(result.values, torch.tensor([7 / 4, 7.0, 0.0, 2.0]))
    assert result.counts.tolist() == [4, 2, 0, 10]
    torch.testing.assert_close(result.factors, torch.tensor([[1.5, 0.0, 0.0, 1.0], [0.5, 2.0, 0.0, 1.0]][rank]))
    running = [torch.full((3,), float(rank)), torch.tensor([2.0 * rank])]
    average(running)
    assert running[0].tolist() == [0.5, 0.5, 0.5]
    assert running[1].tolist() == [1.0]


def test_means_over_processes_weigh_by_samples(tmp_path: Path) -> None:
    training = together(pool, tmp_path)
    assert training.join() == [0, 0], training.text(0) + training.text(1)
