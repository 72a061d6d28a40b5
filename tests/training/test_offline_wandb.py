"""W&B runs read back from their files: attributes, what the configuration changes, pictures, meshes, the table of results."""

import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wandb
from wandb.proto.wandb_internal_pb2 import Record

from hiface_pl.training.offline_wandb import OfflineWandb
from tests.losses.faces import SIZE
from tests.training.conftest import Run
from tests.training.test_face_panels import PANELS
from tests.training.test_runs import folder_of, last

LOGGER = ["--trainer.logger+=hiface_pl.training.offline_wandb.OfflineWandb", "--trainer.logger.project=tried"]
HEADER, BLOCK, PIECE, WHOLE_OR_LAST = 7, 32768, 7, {1, 4}
"""A .wandb file is a LevelDB log of protocol buffers: bytes of its header, of a block, of a piece's header; kinds that end a record."""
FLAGS = ["--model.reconstructor.image_size", SIZE, "--trainer.max_epochs", 1]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting and no login of this machine."""
    for variable in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_RUN_GROUP", "WANDB_TAGS", "WANDB_PROJECT"):
        monkeypatch.setenv(variable, "set, so that it is put back")
        monkeypatch.delenv(variable)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "settings"))
    wandb.finish()  # a run or settings that another test left in this process would be taken for ours
    wandb.teardown()
    yield
    wandb.finish()


def records(folder: Path) -> list[Record]:
    """What the offline run in a run's folder holds, once W&B's own process has written its end."""
    (path,) = (folder / "wandb").glob("offline-run-*/run-*.wandb")
    for _ in range(100):
        found = read_records(path)
        if found and found[-1].HasField("exit"):
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{path} has no end")


def read_records(path: Path) -> list[Record]:
    """The records of a file so far."""
    content, place, parts, found = path.read_bytes(), HEADER, b"", []
    while place + PIECE <= len(content):
        left = BLOCK - place % BLOCK
        if left < PIECE:
            place += left
            continue
        length, kind = struct.unpack("<HB", content[place + 4 : place + PIECE])
        parts += content[place + PIECE : place + PIECE + length]
        place += PIECE + length
        if kind in WHOLE_OR_LAST:
            found.append(Record.FromString(parts))
            parts = b""
    return found


def history(found: list[Record]) -> dict[str, Any]:
    """The last logged value of every name; what W&B knows about a picture or a table is a mapping."""
    values: dict[str, Any] = {}
    for item in (item for record in found if record.HasField("history") for item in record.history.item):
        name, *inner = item.nested_key
        values[name] = values.get(name, {}) | {inner[0]: json.loads(item.value_json)} if inner else json.loads(item.value_json)
    return values


def config(found: list[Record]) -> dict[str, Any]:
    """What is said about the run's configuration."""
    updates = [record.run.config if record.HasField("run") else record.config for record in found]
    return {item.key or item.nested_key[0]: json.loads(item.value_json) for update in updates for item in update.update}


def test_a_run_says_what_it_is_and_shows_faces(run: Run, tmp_path: Path) -> None:
    assert run("fit", *FLAGS, *LOGGER, *PANELS) == 0
    wandb.finish()
    folder = folder_of(tmp_path)
    found = records(folder)
    (about,) = [record.run for record in found if record.HasField("run")][:1]
    assert (about.project, about.display_name, about.run_group, about.job_type) == ("tried", "tiny", "matrix-paper", "fit")
    assert set(about.tags) == {"tiny", "seed1", "paper"}
    changed = config(found)["changed"]
    assert changed["model"]["reconstructor"]["image_size"] == SIZE
    assert changed["trainer"]["max_epochs"] == 1
    assert changed["seed_everything"] == 1
    assert "logger" not in changed["trainer"]
    assert "renderer" not in changed["model"]["reconstructor"]
    values = history(found)
    assert {"train/loss", "val/skill", "faces", "meshes/face-0-coarse", "meshes/face-0-detailed"} <= set(values)
    (media,) = (folder / "wandb").glob("offline-run-*/files")
    assert (media / values["faces"]["filenames"][0]).read_bytes() == next((folder / "faces").glob("step-*.png")).read_bytes()
    for name in ("coarse", "detailed"):
        mesh = media / values[f"meshes/face-0-{name}"]["path"]
        assert mesh.read_bytes()[:4] == b"glTF"
    assert (folder / "metrics.csv").is_file()


def test_a_test_ends_in_a_table_and_variables_win(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("fit", *FLAGS) == 0
    monkeypatch.setenv("WANDB_RUN_GROUP", "mine")
    monkeypatch.setenv("WANDB_TAGS", "a,b")
    assert run("test", *FLAGS, *LOGGER, "--ckpt_path", last(tmp_path)) == 0
    wandb.finish()
    folder = folder_of(tmp_path, "test")
    found = records(folder)
    (about,) = [record.run for record in found if record.HasField("run")][:1]
    assert (about.run_group, about.job_type, set(about.tags)) == ("mine", "test", {"a", "b"})
    (media,) = (folder / "wandb").glob("offline-run-*/files")
    table = json.loads((media / history(found)["results"]["path"]).read_text())
    scores = json.loads((folder / "scores.json").read_text())["results"]
    assert table["columns"] == ["metric", "unit", "mean face", "ours", "skill"]
    first = next(iter(scores.values()))
    assert table["data"][0] == [first["label"], first["unit"], first["baseline"], first["error"], first["skill"]]
    assert len(table["data"]) >= len(scores)


def test_without_a_login_it_goes_on_offline_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setattr(wandb, "login", lambda prompt: prompt)
    with pytest.warns(UserWarning, match=r"goes on offline, into .*wandb, .* \(there is no login on this machine: `wandb login`"):
        logger = OfflineWandb(save_dir=tmp_path)
    logger.log_metrics({"number": 3.0}, step=1)
    wandb.finish()
    assert history(records(tmp_path))["number"] == 3.0


def test_a_server_that_does_not_answer_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = wandb.init

    def init(**settings: Any) -> Any:
        if os.environ["WANDB_MODE"] == "online":
            raise wandb.errors.CommError("no answer\nwithin 90 s")
        return begin(**settings)

    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setattr(wandb, "login", lambda prompt: True)
    monkeypatch.setattr(wandb, "init", init)
    logger = OfflineWandb(save_dir=tmp_path)
    with pytest.warns(UserWarning, match=r"goes on offline, .* \(no answer within 90 s\)"):
        logger.log_metrics({"number": 4.0}, step=1)
    wandb.finish()
    assert history(records(tmp_path))["number"] == 4.0
