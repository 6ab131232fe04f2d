"""The pictures of docs/screens.md: `python -m tests.browser.pictures [--only NAME ...] [directory]` takes them again.

The program itself is shown, with scripted providers and a made-up library.
"""

import argparse
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from chat_app.web.users import add_user
from tests.app_process import PROJECT_DIR, AppProcess, base_environment
from tests.browser.pictures import scripts
from tests.browser.pictures.scenes import NOT_ON_A_PHONE, WITH_PROVIDERS, WITH_SIGN_IN, WITHOUT_KEYS, Scene
from tests.fakes.providers import FakeProviders
from tests.long_thread import write_long_thread

_LOOKS: dict[str, ViewportSize] = {
    "light": {"width": 1100, "height": 760},
    "dark": {"width": 1100, "height": 760},
    "phone": {"width": 390, "height": 780},
}
_SETTLED_MS = 700


class Camera:
    """Takes scenes of one server in all looks."""

    def __init__(self, browser: Browser, providers: FakeProviders, directory: Path, only: frozenset[str]) -> None:
        self._browser = browser
        self._providers = providers
        self._directory = directory
        self._only = only

    def take(self, app: AppProcess, scenes: Mapping[str, Scene]) -> None:
        chosen = {name: scene for name, scene in scenes.items() if not self._only or name in self._only}
        for look, size in _LOOKS.items():
            is_phone = look == "phone"
            person = self._browser.new_context(
                base_url=app.url,
                viewport=size,
                color_scheme="dark" if look == "dark" else "light",
                has_touch=is_phone,
                is_mobile=is_phone,
                locale="en-US",
            )
            for name, scene in chosen.items():
                if not (is_phone and name in NOT_ON_A_PHONE):
                    self._providers.scenario(scene.script)
                    self._picture(person.new_page(), scene, self._directory / f"{name}-{look}.png")
            person.close()

    def _picture(self, page: Page, scene: Scene, file: Path) -> None:
        page.goto("/")
        page.locator("#chat-input, input[type=password]").first.wait_for()
        page.wait_for_timeout(_SETTLED_MS)
        shown = scene.play(page) or page
        shown.wait_for_timeout(_SETTLED_MS)
        shown.screenshot(path=file)
        page.context.set_offline(False)
        page.close()


@contextmanager
def _served(place: Path, environment: Mapping[str, str]) -> Generator[AppProcess]:
    app = AppProcess(place / "data", environment)
    scripts.write_library(app.data_dir / "library")
    app.start()
    try:
        yield app
    finally:
        app.stop()


def _take_all(camera: Camera, place: Path, providers: FakeProviders) -> None:
    with _served(place / "keys", providers.environment("anthropic", "google") | _MODELS) as app:
        camera.take(app, {name: scene for name, scene in WITH_PROVIDERS.items() if name != "earlier"})
        app.stop()
        write_long_thread(base_environment() | app.environment, 40)
        app.start()
        camera.take(app, {"earlier": WITH_PROVIDERS["earlier"]})
    with _served(place / "none", {}) as app:
        camera.take(app, WITHOUT_KEYS)
    users = place / "users.json"
    add_user(users, "alice", "nobody signs in here")
    with _served(place / "users", {"CHAT_APP_USERS_FILE": str(users)}) as app:
        camera.take(app, WITH_SIGN_IN)


_MODELS = {"CHAT_APP_MODELS": "anthropic:claude-opus-5"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures")
    parser.add_argument("--only", action="append", default=[], help="a picture's name")
    parser.add_argument("directory", nargs="?", type=Path, default=PROJECT_DIR / "docs" / "images" / "screens")
    asked = parser.parse_args()
    asked.directory.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        FakeProviders.start(process=True) as providers,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _take_all(Camera(browser, providers, asked.directory, frozenset(asked.only)), Path(place), providers)
        browser.close()


if __name__ == "__main__":
    main()
