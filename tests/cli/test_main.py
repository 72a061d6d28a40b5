import os
import subprocess
import sys
from types import ModuleType

import pytest

from hiface_pl.cli import main as command
from hiface_pl.errors import PhotoError


def make_verb(monkeypatch: pytest.MonkeyPatch, run) -> None:
    module = ModuleType("fake_verb")
    module.add_arguments = lambda parser: parser.add_argument("--number", type=int, default=3)
    module.run = run
    monkeypatch.setitem(sys.modules, "fake_verb", module)
    monkeypatch.setitem(command.VERBS, "fake", ("fake_verb", "do nothing"))


def test_help_lists_every_verb_and_imports_no_torch() -> None:
    script = "import sys; from hiface_pl.cli.main import main; main(['--help']); print('torch' in sys.modules, 'numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("False False")
    assert all(verb in out for verb in [*command.TRAINING_VERBS, *command.VERBS])


@pytest.mark.parametrize("said", [None, "ACTIVE"])
def test_threads_sleep_while_they_wait_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, said: str | None) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "anything")  # restored afterwards
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if said is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", said)
    monkeypatch.setattr(sys, "argv", ["hiface-pl", "--help"])
    with pytest.raises(SystemExit):
        command.entry_point()
    assert os.environ["OMP_WAIT_POLICY"] == (said or "PASSIVE")


def test_arguments_reach_the_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    make_verb(monkeypatch, lambda arguments: seen.append(arguments.number))
    assert command.main(["fake", "--number", "7"]) == 0
    assert seen == [7]


def test_a_mistake_becomes_one_sentence_and_exit_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(_arguments) -> None:
        raise PhotoError("face.jpg shows no face: name another photo")

    make_verb(monkeypatch, run)
    assert command.main(["fake"]) == 2
    assert capsys.readouterr().err == "hiface-pl: face.jpg shows no face: name another photo\n"


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(_arguments) -> None:
        raise KeyboardInterrupt

    make_verb(monkeypatch, run)
    assert command.main(["fake"]) == 130
    assert "Ctrl-C" in capsys.readouterr().err


def test_a_misspelt_verb_names_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["recontruct"]) == 2
    assert "did you mean reconstruct?" in capsys.readouterr().err


def test_an_unknown_option_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    make_verb(monkeypatch, lambda _arguments: None)
    assert command.main(["fake", "--nmber", "7"]) == 2
