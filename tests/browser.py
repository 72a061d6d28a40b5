"""A browser without a window for tests of pages: the distribution's Chromium or Chrome, drawing in software, with the network off."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
PATIENCE = 240_000
"""Milliseconds until a page must be drawn: a loaded machine draws in software."""


def installed_browser() -> str | None:
    """The program, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class OpenPage:
    """A page and what it said on its console."""

    page: Page
    said: list[str] = field(default_factory=list)

    def run(self, script: str) -> object:
        return self.page.evaluate(script)

    def picture(self, selector: str) -> np.ndarray:
        """What the element shows once all that waits for the next frame is drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shot = self.page.locator(selector).screenshot(timeout=PATIENCE)
        return np.asarray(Image.open(BytesIO(shot)).convert("RGB"), dtype=np.float32)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window. Skips the test, and says so, where none is installed. One at a time: Playwright asks for that."""
    program = installed_browser()
    if program is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: pages are NOT TESTED in a browser (such as `apt-get install chromium`)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=[*SOFTWARE, "--no-sandbox"])
        yield found
        found.close()


@contextmanager
def opened(by: Browser, path: Path, width: int = 1300, height: int = 1500) -> Iterator[OpenPage]:
    """The file in a window of its own that has no network."""
    context = by.new_context(viewport={"width": width, "height": height}, offline=True)
    context.set_default_timeout(PATIENCE)
    page = OpenPage(context.new_page())
    page.page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
    page.page.on("pageerror", lambda error: page.said.append(str(error)))
    page.page.goto(path.resolve().as_uri())
    yield page
    context.close()
