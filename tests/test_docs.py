"""The documentation names files, classes and commands that exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATHS = re.compile(r"`((?:hiface_pl|tests|experiments|benchmarks|docs)/[\w/.-]+\.\w+)`(?: `(\w+)`)?")


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_named_files_and_symbols_exist(page: Path) -> None:
    for path, symbol in PATHS.findall(page.read_text()):
        file = ROOT / path
        assert file.is_file(), f"{page.name} names {path}"
        assert not symbol or re.search(rf"(?:class|def) {symbol}\b|^{symbol} = ", file.read_text(), re.MULTILINE), (
            f"{page.name}: no {symbol} in {path}"
        )


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_make_target_that_is_named_exists() -> None:
    known = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in DOCS:
        for target in re.findall(r"`make ([a-z0-9-]+)", page.read_text()):
            assert target in known, f"{page.name} names make {target}"


def test_make_help_lists_the_targets() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make demo" in shown
    assert "make test " in shown


def test_every_command_of_the_readme_is_understood() -> None:
    """Each `hiface-pl verb` of the README's code blocks parses its flags: --help of the verb names every one."""
    commands = re.findall(r"^hiface-pl (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands
    for command in commands:
        words = command.split("#")[0].split()
        verb = words[:2] if words[0] in {"data", "face-model", "report"} else words[:1]
        shown = subprocess.run([".venv/bin/hiface-pl", *verb, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, f"hiface-pl {' '.join(verb)}: {shown.stderr}"
        for flag in (word.split("=")[0] for word in words if word.startswith("--")):
            assert flag in shown.stdout, f"hiface-pl {' '.join(verb)} --help does not name {flag}"
