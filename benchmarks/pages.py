"""What a person's browser makes of it: a long conversation that opens, a long report that streams. Measured inside the page."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.figures import Figure, milliseconds, seconds
from benchmarks.server import MeasuredServer
from benchmarks.stage import Stage
from tests.app_process import base_environment
from tests.fakes import FoundSource, PlannedSearch, Scenario, SearchAnswer, Sentence
from tests.long_thread import write_long_thread

_OPENINGS = 3
_SHORT, _LONG = 2, 200
_WORDS, _CITATIONS, _SEARCHES = 6_000, 60, 5
_PATIENCE_MS = 120_000
_TYPED = "What came after all of this?"

# Before anything else on the page: frames drawn, and tasks that kept it from drawing.
_COUNT = """
window.frames_at = [];
window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((task) => tasks.push(task.duration))).observe({type: 'longtask'});
const frame = (at) => { frames_at.push(at); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""
_IS_OPEN = """() => document.querySelector('#mode-picker-trigger-depth')
    && [...document.querySelectorAll('.step')].at(-1)?.querySelector('a.rc-cite')"""
_LETTER_DELAYS = """() => { window.delays = []; document.querySelector('#chat-input').addEventListener('input', (event) =>
    requestAnimationFrame(() => delays.push(performance.now() - event.timeStamp)), true); }"""
_WRITTEN = "() => [...document.querySelectorAll('.message-content')].at(-1)?.textContent.length ?? 0"


async def page(stage: Stage) -> list[Figure]:
    """In Chromium without a graphics card, which draws with the same processors that all else runs on."""
    return await asyncio.to_thread(_measured, stage)


def _measured(stage: Stage) -> list[Figure]:
    long = stage.server(has_keys=False)
    threads = {turns: _thread(long, turns) for turns in (_SHORT, _LONG)}
    long.start()
    with _browser() as browser:
        person = browser.new_context(base_url=long.url, viewport={"width": 1280, "height": 860})
        _open(person, threads[_SHORT])[1].close()  # fills the browser's cache
        opened = {turns: _openings(person, thread) for turns, thread in threads.items()}
        typed, asked = _used(person, threads[_LONG])
        person.close()
        long.stop()
        rates, blocked = _streamed(browser, stage)
    ratio = tuple(long / short for short, long in zip(opened[_SHORT], opened[_LONG], strict=True))
    return [
        seconds(f"a conversation of {_SHORT} turns opens", opened[_SHORT]),
        seconds(f"a conversation of {_LONG} turns opens", opened[_LONG], "< 3 s"),
        Figure("the long one / the short one", ratio, "x", "< 2"),
        milliseconds("in it: a letter typed -> drawn", typed, "< 50 ms"),
        seconds("in it: question -> its card", [asked], "< 1 s"),
        Figure(f"a report of {_WORDS} words streams: frames a second", tuple(rates), "/s", "> 30"),
        seconds("that: time in which the page could not draw", [blocked]),
    ]


def _thread(server: MeasuredServer, turns: int) -> str:
    return write_long_thread(base_environment() | server.environment, turns, f"5b0c4f4e-0000-4000-8000-{turns:012d}")


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield browser
        browser.close()


def _open(person: BrowserContext, thread: str) -> tuple[float, Page]:
    shown = person.new_page()
    began_at = time.monotonic()
    shown.goto(f"/thread/{thread}")
    shown.wait_for_function(_IS_OPEN, timeout=_PATIENCE_MS)
    return time.monotonic() - began_at, shown


def _openings(person: BrowserContext, thread: str) -> list[float]:
    times: list[float] = []
    for _ in range(_OPENINGS):
        took, shown = _open(person, thread)
        shown.close()
        times.append(took)
    return times


def _used(person: BrowserContext, thread: str) -> tuple[list[float], float]:
    """How long letters and a new question take, in seconds."""
    _, shown = _open(person, thread)
    shown.evaluate(_LETTER_DELAYS)
    shown.locator("#chat-input").press_sequentially(_TYPED, delay=30)
    delays = [delay / 1000 for delay in shown.evaluate("delays")]
    cards = shown.locator(".rc-progress").count()
    shown.wait_for_function("() => !document.querySelector('#chat-submit')?.disabled")
    asked_at = time.monotonic()
    shown.locator("#chat-submit").click()
    shown.wait_for_function("n => document.querySelectorAll('.rc-progress').length > n", arg=cards)
    took = time.monotonic() - asked_at
    shown.close()
    return delays, took


def _streamed(browser: Browser, stage: Stage) -> tuple[list[float], float]:
    """Frames drawn in each second of the report, and for how many seconds in all the page could not draw."""
    stage.play(_long_report())
    person = browser.new_context(base_url=stage.scripted.url, viewport={"width": 1280, "height": 860})
    shown = person.new_page()
    shown.add_init_script(_COUNT)
    shown.goto("/")
    shown.wait_for_selector("#mode-picker-trigger-depth")
    shown.locator("#chat-input").fill("What do sixty sources say?")
    shown.locator("#chat-submit").click()
    shown.wait_for_function(f"() => ({_WRITTEN})() > 200", timeout=_PATIENCE_MS)
    shown.evaluate("frames_at.length = tasks.length = 0")
    shown.wait_for_selector(".rc-progress[data-rc-state=done]", timeout=_PATIENCE_MS)
    frames: list[float] = shown.evaluate("frames_at")
    blocked = sum(shown.evaluate("tasks.map((task) => task - 50)")) / 1000
    person.close()
    first = frames[0]
    whole = int((frames[-1] - first) / 1000)
    return [float(sum(second <= (at - first) / 1000 < second + 1 for at in frames)) for second in range(whole)], blocked


def _long_report() -> Scenario:
    each = _CITATIONS // _SEARCHES
    sources = tuple(
        FoundSource(url=f"https://page{n}.example/", title=f"Page {n}", passage=f"Passage {n} of what is known.")
        for n in range(1, _CITATIONS + 1)
    )
    answers = tuple(
        SearchAnswer(
            containing=f"side {number}",
            sentences=tuple(Sentence(text=f"Passage {n}.", sources=(n,)) for n in range(each)),
            sources=sources[number * each : (number + 1) * each],
        )
        for number in range(_SEARCHES)
    )
    words = _WORDS // _CITATIONS
    paragraphs = [
        f"{'' if n % 6 else f'## Part {n // 6 + 1}{chr(10) * 2}'}{'Word by word it is told. ' * (words // 5)}[{n + 1}]."
        for n in range(_CITATIONS)
    ]
    return Scenario(
        plan=tuple(PlannedSearch(query=f"sources, side {number}") for number in range(_SEARCHES)),
        answers=answers,
        report="\n\n".join(paragraphs),
        tokens_per_second=250,
        tokens_per_frame=3,
    )
