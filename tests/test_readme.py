"""The commands of the README, in its order, on a handful of faces and two training steps."""

import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from PIL import Image
from skimage.data import astronaut

from hiface_pl.cli.composition import compose
from hiface_pl.cli.main import main
from hiface_pl.pretrained import SHIPPED

ROOT = Path(__file__).parents[1]
BRIEF = {"trainer": {"max_steps": 2, "val_check_interval": 2}, "data": {"init_args": {"batch_size": 2, "workers": 0}}}
FACE = "175,80,100,100"
"""Where the photo's face is: two steps teach no network to see one."""
PRETRAINING = {"steps": 2, "batch": 8, "pool": 32}


def readme_commands() -> Iterator[list[str]]:
    for command in re.findall(r"^hiface-pl (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE):
        yield command.split("#")[0].split()


def brief_config(folder: Path) -> Path:
    """Two steps, and a geometry pre-training to match."""
    callbacks = compose([f"--config={ROOT / 'experiments' / name}" for name in ("full.yaml", "scale/mini.yaml")]).content["trainer"][
        "callbacks"
    ]
    for callback in callbacks:
        if callback["class_path"].endswith("GeometryPretraining"):
            settings = {"class_path": "hiface_pl.training.geometry_pretraining.GeometrySettings", "init_args": PRETRAINING}
            callback["init_args"] = {"settings": settings}
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump({**BRIEF, "trainer": {**BRIEF["trainer"], "callbacks": callbacks}}))
    return path


def shortened(words: list[str], folder: Path) -> list[str]:
    """The same command on six faces, with this test's checkpoint."""
    words = [str(newest_checkpoint(folder)) if word == "CKPT" else word for word in words]
    if "--count" in words:
        words[words.index("--count") + 1] = "6"
    if "--jobs" in words:
        words[words.index("--jobs") + 1] = "1"
    if words[0] == "reconstruct" and "--checkpoint" in words:
        words = [*words, "--box", FACE]
    return [*words, "--config", str(brief_config(folder))] if words[0] in {"fit", "test"} else words


def newest_checkpoint(folder: Path) -> Path:
    return max((folder / "runs").rglob("best*.ckpt"), key=lambda path: path.stat().st_mtime)


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    Image.fromarray(astronaut()).save(tmp_path / "photo.jpg")
    commands = list(readme_commands())
    assert {words[0] for words in commands} >= {"data", "fit", "test", "reconstruct", "face-model"}
    for words in commands:
        if words[0] == "reconstruct" and "--checkpoint" not in words and not SHIPPED.exists():
            warnings.warn(f"{SHIPPED.name} IS NOT IN THIS CHECKOUT: `hiface-pl {' '.join(words)}` is not tested", stacklevel=1)
            continue
        code = main(shortened(words, tmp_path))
        said = capsys.readouterr()
        assert code == 0, f"hiface-pl {' '.join(words)}: {said.err}"
    for made in ("faces.png", "model.png", "mine/photo/sheet.png"):
        assert Image.open(tmp_path / made).size[0] > 100
    assert list((tmp_path / "mine" / "photo").glob("*.glb"))
    assert SHIPPED.exists() == (tmp_path / "faces" / "photo" / "sheet.png").exists()
