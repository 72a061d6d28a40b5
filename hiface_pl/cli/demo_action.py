"""What `hiface-pl demo` does: the project's own commands, one after the other, and a page about what they left."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from rich.console import Console
from skimage.data import astronaut

from hiface_pl.errors import ConfigError
from hiface_pl.evaluation.table import read_scores
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.paths import home, replacing, writable_folder
from hiface_pl.pretrained import SHIPPED
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.demo.candidate import Candidate
from hiface_pl.report.demo.curve import read_curves, svg
from hiface_pl.report.demo.held_out import Entry, held_out_sheet
from hiface_pl.report.demo.page import Exhibit, write_page
from hiface_pl.report.demo.settings import DemoSettings
from hiface_pl.report.demo.stages import Stages
from hiface_pl.report.provenance import Provenance
from hiface_pl.synthesis.generator import VERSION

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
SHOWN = tuple(range(6))


def run(arguments: argparse.Namespace) -> int:
    """Runs what is not finished yet and writes the page. Raises HifaceError."""
    settings = _settings(arguments)
    demo = Demo(writable_folder(arguments.out).resolve(), settings, Console(highlight=False))
    page = demo.run(arguments.also)
    demo.console.print(str(page), soft_wrap=True)
    return 0


def _settings(arguments: argparse.Namespace) -> DemoSettings:
    share = arguments.fraction
    if not 0 < share <= 1 or arguments.jobs < 1:
        raise ConfigError("--fraction must lie between 0 and 1, and --jobs must be at least 1")
    return DemoSettings(jobs=arguments.jobs).part(share)


@dataclass
class Demo:
    """The stages of the demo in `folder`; sample stores are kept under HIFACE_HOME, where other runs find them."""

    folder: Path
    settings: DemoSettings
    console: Console

    def __post_init__(self) -> None:
        self.stages = Stages(self.folder, self.console)
        assets = self.stages.here("prepare the face model", lambda: face_assets(OpenFace().load()))
        self.faces = f"{assets.model.fingerprint[:8]}-b{BASES}-v{VERSION}"
        self.stages.remember(self.settings.as_dict() | {"faces": self.faces})

    def run(self, also: Path | None) -> Path:
        """All stages; returns the page."""
        for name in ("full.yaml", "scale/mini.yaml"):
            if not (EXPERIMENTS / name).is_file():
                raise ConfigError(f"the demo needs {EXPERIMENTS / name}: run it from a checkout of the project, with `make demo`")
        for split in ("train", "val", "test"):
            self._synthesise(split)
        shown = [Candidate("new", "just trained", self._fit(), self._cost(), "demo")]
        if SHIPPED.is_file():
            shown.append(Candidate.of_file("shipped", "shipped with the package", SHIPPED))
        if also is not None:
            shown.append(Candidate.of_file("also", also.name, also.resolve()))
        exhibits = [self._exhibit(candidate) for candidate in shown]
        held_out = self.stages.here("draw held-out faces", lambda: self._held_out(shown))
        return write_page(self.folder / "index.html", exhibits, held_out, self.stages.finished, Provenance.now(self.settings.seed))

    def store(self, split: str, image_size: int | None = None) -> Path:
        """Where the samples of a split are kept."""
        s = self.settings
        return home() / "synthetic" / f"open-{split}-{s.counts[split]}-{image_size or s.image_size}px-seed{s.seed}-{self.faces}"

    def _synthesise(self, split: str, image_size: int | None = None) -> None:
        s, store = self.settings, self.store(split, image_size)
        size, suffix = image_size or s.image_size, f" at {image_size} px" if image_size else ""
        options = {"--count": s.counts[split], "--image-size": size, "--seed": s.seed, "--split": split, "--jobs": s.jobs}
        flags = [str(word) for pair in options.items() for word in pair]
        self.stages.run(f"draw {split} faces{suffix}", ["data", "synth", *flags, "--out", str(store)], lambda: store)

    def _cost(self) -> str:
        """What the network of this demo was trained with."""
        drawing, training = (next(s.cpu for s in self.stages.finished if s.name == name) for name in ("draw train faces", "train"))
        faces = f"{self.settings.train:,} faces ({drawing:,.0f} CPU-s)"
        return f"trained on {faces} in {self.settings.steps:,} steps ({training:,.0f} CPU-s)"

    def _held_out(self, shown: Sequence[Candidate]) -> UInt8[np.ndarray, "h w 3"]:
        entries = [Entry(c.label, c.network(), self.store("test", self._odd_size(c.network()))) for c in shown]
        return held_out_sheet(entries, SHOWN, "held-out synthetic faces")

    def _odd_size(self, network: Reconstructor) -> int | None:
        """The network's image size, where it is not the demo's."""
        return network.image_size if network.image_size != self.settings.image_size else None

    def _fit(self) -> Path:
        resumed = self._unfinished()
        resume = ["--ckpt_path", str(resumed)] if resumed else []
        return self.stages.run(
            "train", ["fit", *self._configs(), *resume], lambda: _newest(self.folder / "demo", "fit-*/checkpoints/best*.ckpt")
        )

    def _unfinished(self) -> Path | None:
        """The last checkpoint of a training that was stopped."""
        places = [path for name in ("last", "interrupted") for path in (self.folder / "demo").glob(f"fit-*/checkpoints/{name}.ckpt")]
        found = sorted(places, key=lambda path: path.stat().st_mtime)
        own = [path for path in found if self._is_ours(path.parents[1] / "config.yaml")]
        return own[-1] if own and "train" not in self.stages.done else None

    def _is_ours(self, config: Path) -> bool:
        """Whether a run had this demo's faces and length."""
        text = config.read_text() if config.is_file() else ""
        return str(self.store("train")) in text and f"max_steps: {self.settings.steps}\n" in text

    def _configs(self) -> list[str]:
        own = self.folder / "demo.yaml"
        with replacing(own) as temporary:
            temporary.write_text(self._overrides())
        files = (EXPERIMENTS / "full.yaml", EXPERIMENTS / "scale" / "mini.yaml", own)
        return [word for path in files for word in ("--config", str(path))]

    def _overrides(self) -> str:
        stores = "".join(f"    {split}: {self.store(split)}\n" for split in ("train", "val", "test"))
        return (
            f"seed_everything: {self.settings.seed}\nname: demo\nruns: {self.folder}\ntrainer:\n  max_steps: {self.settings.steps}\n"
            f"  val_check_interval: {self.settings.validate_every}\n"
            f"data:\n  init_args:\n{stores}    image_size: {self.settings.image_size}\n"
            f"model:\n  reconstructor:\n    image_size: {self.settings.image_size}\n"
        )

    def _exhibit(self, candidate: Candidate) -> Exhibit:
        """Tests a network on the held-out faces, at its own image size, and reconstructs the photo with it."""
        path = candidate.path
        sign = f"{path} {path.stat().st_mtime_ns}" if path.exists() else str(path)
        suffix = "" if candidate.folder == "demo" else f" with {path.name}"
        odd = self._odd_size(candidate.network())
        if odd is not None:
            self._synthesise("test", odd)
        data = ["--data.test", str(self.store("test", odd)), "--data.image_size", str(odd or self.settings.image_size)]
        test = ["test", *self._configs(), *data, "--name", candidate.folder, "--ckpt_path", str(path)]
        scores = self.stages.run(
            f"measure on held-out faces{suffix}", test, lambda: _newest(self.folder / candidate.folder, "test-*/scores.json"), sign
        )
        photo, out = self._photo(), self.folder / candidate.folder / "photo"
        command = ["reconstruct", str(photo), "--checkpoint", str(path), "--out", str(out)]
        sheet = self.stages.run(f"reconstruct a photo{suffix}", command, lambda: out / photo.stem / "sheet.png", sign)
        return Exhibit(candidate.name, candidate.cost, read_scores(scores), np.array(Image.open(sheet).convert("RGB")), _curves(path))

    def _photo(self) -> Path:
        path = self.folder / "astronaut.png"
        if not path.exists():
            with replacing(path) as temporary:
                Image.fromarray(astronaut()).save(temporary)
        return path


def _curves(checkpoint: Path) -> list[str]:
    log = checkpoint.parent.parent / "metrics.csv"
    skills = {"identity_rigid": "identity (rigid)", "expression": "expression", "static_map": "static map"}
    names = {f"val/{name}_skill": label for name, label in skills.items()}
    losses = {"train/loss": "training loss", "val/loss": "validation loss"}
    return [
        svg(read_curves(log, names), "skill on the validation faces"),
        svg(read_curves(log, losses), "loss (logarithmic)", logarithmic=True),
    ]


def _newest(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ConfigError(f"the command left no {pattern} in {folder}: remove the folder and give the demo command again")
    return found[-1]
