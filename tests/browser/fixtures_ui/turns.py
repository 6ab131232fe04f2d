"""Canned turns: one for each state the page can show. Each is a series of views, and what stands below the card at its end."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from chat_app.transcript import citations

View = dict[str, Any]

QUESTIONS = {
    "report": "Are sodium-ion batteries ready to replace LFP in home storage?",
    "running": "Run on until I stop it (running)",
    "failed": "What do my documents say about data retention? (failed)",
    "no evidence": "Did anyone measure it on the moon? (no evidence)",
    "clarification": "Which one is better? (clarification)",
    "follow-up": "And in the cold? (follow-up)",
    "long words": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft (long words)",
    "untrusted": "What do strangers write? (untrusted)",
    "right to left": "מה השתנה בחוק הבינה המלאכותית האירופי השנה? (right to left)",
}

QUERIES = (
    ("sodium-ion home storage products available 2026 price per kWh", "What can be bought, and at what price"),
    ("sodium-ion vs LFP cycle life stationary storage test data", "How long the cells last"),
    ("sodium-ion battery low temperature performance -20 C", "How they behave in the cold"),
    ("IEC 62619 certification sodium-ion residential", "Whether they may be installed"),
    ("LFP pack price 2026 lithium carbonate price effect", "What they compete with"),
)

LONG_QUERIES = (
    (
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Gründungsurkunde",
        "Rechtsschutzversicherungsgesellschaften",
    ),
    (
        "https://example.org/a/very/long/address/without/any/space/that/has/to/break/somewhere/or/it/will/push/the/page/wide",
        "Addresses",
    ),
)

RTL_QUERIES = (
    ("חוק הבינה המלאכותית של האיחוד האירופי תיקונים 2026", "מה השתנה"),
    ("קנסות לפי חוק הבינה המלאכותית", "עונשים"),
)

RUNNING_VIEWS = 360
"""One every half second: long enough to be stopped, short enough not to outlive its look."""

HOSTS = (
    "nrel.gov",
    "spectrum.ieee.org",
    "catl.com",
    "sciencedirect.com",
    "nature.com",
    "fraunhofer.de",
    "pv-magazine.com",
    "reuters.com",
)

QUOTE = (
    "At cell level, sodium-ion packs delivered 140 to 160 Wh/kg and kept 90 % of their capacity at minus 20 °C, "
    "while the price per kilowatt-hour stayed about 12 % above comparable LFP packs."
)

REPORT = """# Sodium-ion for home storage: close, not there yet

**Short answer.** Sodium-ion packs for homes can be bought in 2026, keep their capacity in the cold and last about as long as LFP, \
but they still cost more per kilowatt-hour {1}{4}. \
For most homes LFP remains the better buy; for unheated spaces sodium-ion already wins {2}.

## What the evidence says

Cells now reach 140 to 160 Wh/kg {1}. In two independent test series, 90 % of the capacity was left at minus 20 °C, \
where LFP kept 55 to 65 % {3}{5}. Lifetime claims of 6,000 cycles come from makers; only one field study of 18 months exists \
{6}. The retention rules of your own handbook apply {11}{12}.

| Aspect | Sodium-ion | LFP |
|---|---|---|
| Pack price, per kWh | $118 {4} | $105 {7} |
| Capacity left at -20 °C | 90 % {3} | 55 to 65 % {5} |

> Sodium-ion has the cold on its side and the price against it. {8}

1. Certification under IEC 62619 is there for three products {9}.
2. Prices fall faster than those of LFP {7}{10}.

### What stays open

Nobody has yet published a field study of more than two years. See [the register](https://example.org/register) for new ones.
"""

RTL_REPORT = """# חוק הבינה המלאכותית: מה השתנה

**תשובה קצרה.** לוח הזמנים נדחה בשנה אחת {1}. הקנסות נשארו כפי שהיו {2}.

- חובות השקיפות חלות מאוגוסט {3}
- Providers of general models have *more* time {4}
"""


class Turn(NamedTuple):
    views: Iterator[View]
    pause_seconds: float
    text: str = ""
    sources: tuple[dict[str, Any], ...] = ()
    suggestions: tuple[dict[str, str], ...] = ()
    follow_ups: tuple[str, ...] = ()


def turn_for(question: str) -> Turn:
    """The canned turn a question asks for by the word in brackets; the report without one."""
    kind = next((kind for kind in QUESTIONS if f"({kind})" in question), "report")
    make = {
        "running": lambda: Turn(_views(QUERIES, until=RUNNING_VIEWS), 0.5),
        "failed": lambda: Turn(_views(QUERIES, end="turn_failed", error=FAILURE), 0.12),
        "no evidence": lambda: Turn(_views(QUERIES[:2], end="no_evidence", found=0), 0.1, NOTHING),
        "clarification": lambda: Turn(_views((), end="clarification_asked"), 0.3, ASKED),
        "follow-up": lambda: Turn(
            _views((), end="answer_ready"), 0.3, linked("It keeps 90 % at minus 20 °C {3}{11}."), ()
        ),
        "long words": lambda: Turn(
            _views(LONG_QUERIES, end="report_ready"),
            0.1,
            linked("## Ein Wort\n\n" + QUESTIONS["long words"] + " {1}"),
            sources(4),
        ),
        "untrusted": lambda: Turn(
            _views((), end="answer_ready"), 0.1, f"{citations.linked(UNTRUSTED)}\n\n{UNTRUSTED_RAW}", ()
        ),
        "right to left": lambda: Turn(_views(RTL_QUERIES, end="report_ready"), 0.1, linked(RTL_REPORT), sources(4)),
        "report": lambda: Turn(
            _views(QUERIES, end="report_ready", cost=COST, replacements=(REPLACED,)),
            0.15,
            linked(REPORT),
            sources(14),
            SUGGESTIONS,
            FOLLOW_UPS,
        ),
    }
    return make[kind]()


UNTRUSTED = """\
It is so, a stranger says at some length and without any source for it. *(no source)*

[Click here](https://evil.example/x), [google.com](https://evil.example/), https://google.com@evil.example/x, www.google.com@evil.example,
https\\://google.com@evil.example, https&#58;//google.com@evil.example, [а](https://аpple.com), <https://plain.example/x>.

[own](/rc/share/1) [mail](mailto:a@evil.example) [script](javascript:alert(1)) <mailto:a@evil.example> a@evil.example [anchor](#a)
[ref][1] [^1] ![picture](https://evil.example/pixel.png) <img src=x onerror=alert(1)> <b onclick=alert(1)>bold</b> :word[a]{b=c}

| `a | b` `[cell](/rc/share/1)` |
|---|---|

- > ```
[after](/rc/share/1)

``[ticks](/rc/share/1)`

```
[code](/rc/share/1)
```

[1]: /rc/share/1
[^1]: A note.
"""
# What would reach the page if its Markdown were read in another way than the server thinks.
UNTRUSTED_RAW = "[hidden](https://hidden.example/) and [slipped](/rc/share/1)"

COST = {
    "usd": None,
    "knownUsd": 0.144,
    "inputTokens": 48210,
    "outputTokens": 3120,
    "searches": 5,
    "agents": [
        {"name": "planner", "usd": 0.0042, "knownUsd": 0.0042, "inputTokens": 1210, "outputTokens": 120, "searches": 0},
        {"name": "searcher", "usd": 0.14, "knownUsd": 0.14, "inputTokens": 7000, "outputTokens": 500, "searches": 5},
        {"name": "analyst", "usd": None, "knownUsd": 0, "inputTokens": 40000, "outputTokens": 2500, "searches": 0},
    ],
}
REPLACED = "Claude (claude-sonnet-5-5) is not available at the moment (503); try again later; Gemini takes over."
SUGGESTIONS = (
    {"text": "sodium-ion home battery price", "url": "https://www.google.com/search?q=sodium-ion"},
    {"text": "somewhere else", "url": "https://google.com.evil.example/search"},
)
FOLLOW_UPS = (
    "Which sodium-ion home batteries are certified under IEC 62619, and what do they cost installed?",
    "Who is running field studies of sodium-ion storage, and when will they report?",
    "And in the cold? (follow-up)",
)
FAILURE = {
    "kind": "provider",
    "message": "Claude refused the request: the API key has no credit left. Add credit, or set another model.",
    "retryable": True,
}
NOTHING = (
    "**The sources do not answer this.** Two searches ran; nothing they found speaks of it. "
    "Ask more narrowly, or add documents to the library."
)
ASKED = "- Which two products do you mean?\n- Is price or lifetime more important to you?"


def source(number: int) -> dict[str, Any]:
    """Number 11 and 12 are files, 10 has no passage, 13 and up are read but not cited."""
    if number in {11, 12}:
        path = ("handbook/retention.md", "handbook/Aufbewahrungsfristenübersichtsverzeichnis 2026.pdf")[number - 11]
        passages = [
            {
                "quote": "Customer records are kept for ten years.\nAfter that they are deleted.",
                "location": "Retention > Customers",
            },
            {"quote": "Backups are overwritten after 90 days.", "location": "page 4"},
        ][: 13 - number]
        return _source(
            number, "Data retention" if number == 11 else "Aufbewahrungsfristen", f"library:{path}", "Library", passages
        )
    host = HOSTS[number % len(HOSTS)]
    passages = [] if number == 10 else [{"quote": QUOTE, "location": "section 3" if number % 2 else None}]
    return _source(
        number,
        f"Cycle life of hard-carbon anodes at low temperature, part {number}",
        f"https://{host}/articles/2025/sodium-ion-{number}",
        host,
        passages,
    )


def sources(count: int) -> tuple[dict[str, Any], ...]:
    return tuple(source(number) for number in range(1, count + 1))


def linked(text: str) -> str:
    """Citations as the stored text of a report has them."""
    for number in range(1, 15):
        url = f"/rc/source/thread/{number}" if number in {11, 12} else source(number)["url"]
        text = text.replace(f"{{{number}}}", f"[\\[{number}\\]]({url})")
    return text


def stopped(view: View) -> View:
    """What a running view becomes when the person stops it."""
    cut = [
        {**s, "state": "stopped", "waiting": None, "endedAt": _now()} if not s["endedAt"] else s
        for s in view["searches"]
    ]
    phases = [{**p, "state": "stopped", "endedAt": _now()} if p["state"] == "running" else p for p in view["phases"]]
    return {
        **view,
        "seq": view["seq"] + 1,
        "state": "stopped",
        "end": "turn_stopped",
        "endedAt": _now(),
        "waiting": None,
        "searches": cut,
        "phases": phases,
    }


def _source(number: int, title: str, url: str, host: str, passages: list[dict[str, Any]]) -> dict[str, Any]:
    first: dict[str, Any] = passages[0] if passages else {"quote": None, "location": None}
    return {
        "number": number,
        "title": title,
        "url": url,
        "host": host,
        **first,
        "passages": passages,
        "retrievedAt": 1_795_442_700_000,
        "cited": number <= 12,
    }


def _now() -> int:
    return int(time.time() * 1000)


def _views(
    queries: tuple[tuple[str, str], ...],
    end: str | None = None,
    error: dict[str, Any] | None = None,
    cost: dict[str, Any] | None = None,
    found: int = 3,
    until: int = 0,
    replacements: tuple[str, ...] = (),
) -> Iterator[View]:
    """Starting, planning, searching with a wait and a failure, analyzing, and the end."""
    started = _now()
    phases = [_phase(name) for name in ("planning", "searching", "analyzing")]
    searches = [_search(query, purpose) for query, purpose in queries]
    seq = 0

    def view(label: str, **changes: Any) -> View:
        nonlocal seq
        seq += 1
        numbers = {s["number"] for search in searches for s in search["sources"]}
        base: View = {
            "seq": seq,
            "state": "running",
            "end": None,
            "label": label,
            "startedAt": started,
            "endedAt": None,
            "cost": cost,
            "phases": [dict(p) for p in phases],
            "searches": [dict(s) for s in searches],
            "waiting": None,
            "error": None,
            "replacements": list(replacements),
            "sourceCount": len(numbers),
            "searchesDone": sum(s["state"] == "done" for s in searches),
            "searchesFailed": sum(s["state"] == "failed" for s in searches),
        }
        return {**base, **changes}

    def begin(index: int) -> None:
        for phase in phases[:index]:
            phase.update(state="done", endedAt=phase["endedAt"] or _now())
        phases[index].update(state="running", startedAt=_now())

    yield view("Starting")
    begin(0)
    yield view("Planning")
    if searches:
        phases[0]["note"] = (
            f"{len(searches)} searches, then: compare price, lifetime, cold behaviour and certification."
        )
        begin(1)
        yield view("Searching")
        for search in searches:
            search.update(state="running", startedAt=_now())
        for n in range(found):
            for index, search in enumerate(searches):
                search["sources"] = [*search["sources"], source(1 + (index * 3 + n * 5) % 14)]
            yield view("Searching")
        wait = {
            "on": "Gemini",
            "reason": "it answered 429 (too many requests)",
            "until": _now() + 12_000,
            "since": _now(),
        }
        if len(searches) > 3:
            searches[3].update(state="waiting", waiting=wait)
            yield view("Searching", waiting=wait)
        for _ in range(until):
            yield view("Searching", waiting=wait)
        for index, search in enumerate(searches):
            failed = index == 1 and len(searches) > 3
            search.update(state="failed" if failed else "done", endedAt=_now(), waiting=None)
            search["error"] = "Gemini gave no answer in 60 s, three times." if failed else None
            yield view("Searching")
    if end in {"report_ready", "answer_ready", "turn_failed"}:
        begin(2)
        yield view("Analyzing")
    state = {"turn_failed": "failed"}.get(end or "", "done")
    for phase in phases:
        if phase["startedAt"]:
            phase.update(state=state if not phase["endedAt"] else "done", endedAt=phase["endedAt"] or _now())
    yield view("Analyzing", state=state, end=end, endedAt=_now(), error=error)


def _phase(name: str) -> dict[str, Any]:
    return {"id": name, "label": name.capitalize(), "state": "queued", "startedAt": None, "endedAt": None, "note": None}


def _search(query: str, purpose: str) -> dict[str, Any]:
    return {
        "query": query,
        "purpose": purpose,
        "state": "queued",
        "startedAt": None,
        "endedAt": None,
        "error": None,
        "waiting": None,
        "sources": [],
    }
