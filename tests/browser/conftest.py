"""A real Chromium before a real portal. Every page that is opened must stay free of script errors and policy messages."""

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.office import PASSWORD, Office
from tests.running import ROOT, Portal

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
SCREENS = ROOT / "build" / "screens"
_FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
_peers = count(1)


class OpenWindow(Protocol):
    def __call__(self, person: str = "", *, fresh: bool = False, **options: Any) -> Page: ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Pictures of every window of a failed test, under build/screens/."""
    report = yield
    if call.when == "call" and report.failed:
        for number, page in enumerate(getattr(item, "windows", ())):
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENS / f"{item.name.replace('/', '-')}-{number}.png")
    return report


def _chromium_path() -> str:
    names = (os.environ.get("CHROMIUM"), "chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("The browser tests need Chromium: install chromium or google-chrome, or set CHROMIUM to its path.")
    return found


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ends with the browser tests: Playwright's event loop stands in the way of every other."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium_path(), args=_FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def office(running_portal: Portal) -> Office:
    return Office(running_portal)


@pytest.fixture(scope="package")
def cookies(chromium: Browser, running_portal: Portal) -> Callable[[str], Any]:
    """What a person's browser holds after signing in at the page, once for all tests."""
    known: dict[str, Any] = {}

    def of(person: str) -> Any:
        if person not in known:
            with _context(chromium, running_portal) as context:
                sign_in(context.new_page(), person)
                known[person] = context.storage_state()
        return known[person]

    return of


def _context(chromium: Browser, portal: Portal, **options: Any) -> BrowserContext:
    peer = next(_peers)
    seen_from = {"X-Forwarded-For": f"10.{peer >> 16 & 255}.{peer >> 8 & 255}.{peer & 255}"}
    context = chromium.new_context(
        base_url=portal.address,
        extra_http_headers=seen_from,
        **{"viewport": WIDE, "reduced_motion": "reduce", **options},
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def sign_in(page: Page, person: str) -> None:
    """On the sign-in page, or from anywhere."""
    if "/login" not in page.url:
        page.goto("/login")
    page.get_by_label("E-mail address").fill(person)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login" not in address)


@pytest.fixture
def open_window(
    request: pytest.FixtureRequest, chromium: Browser, running_portal: Portal, cookies: Callable[[str], Any]
) -> Iterator[OpenWindow]:
    """open_window(ANA): a window in which ana is signed in. fresh=True signs in anew, in a session of its own."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []
    windows: list[Page] = []
    request.node.windows = windows

    def open_one(person: str = "", *, fresh: bool = False, **options: Any) -> Page:
        if person and not fresh:
            options["storage_state"] = cookies(person)
        context = _context(chromium, running_portal, **options)
        contexts.append(context)
        context.on("page", lambda page: _listen(page, troubles))
        page = context.new_page()
        windows.append(page)
        if fresh:
            sign_in(page, person)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert troubles == []


def _listen(page: Page, troubles: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            troubles.append(f"{page.url}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
