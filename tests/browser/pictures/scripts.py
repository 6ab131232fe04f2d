"""What the providers say in the pictures, and the library that is searched. All of it is made up."""

from pathlib import Path

from tests.fakes.scenario import Fault, FoundSource, PlannedSearch, Scenario, SearchAnswer, Sentence

QUESTION = "Are sodium-ion batteries ready to replace LFP in home storage?"
RIGHT_TO_LEFT_QUESTION = "מה השתנה בחוק הבינה המלאכותית האירופי השנה?"
OFF_TOPIC = "Did anyone measure the tides of Titan?"
OF_THE_HANDBOOK = "How often are the cells of a battery inspected?"

LIBRARY = {
    "handbook/inspection.md": """# Battery handbook

## Inspection

The cells of every battery are inspected twice a year: in April, before the heat, and in October, before the frost.
Swollen cells are taken out of service on the same day.

## Retention

Inspection reports are kept for ten years. After that they are deleted.
""",
    "handbook/cold.md": """# Batteries in the cold

## Unheated rooms

In unheated rooms LFP batteries have to be warmed to 5 °C before they are charged. Sodium-ion batteries may be charged at
minus 20 °C without damage.
""",
    "measurements/winter.csv": "Month;Lowest temperature;Capacity left\nJanuary;-18 °C;91 %\nFebruary;-21 °C;89 %\n",
    "old scan.pdf": "",
    "photos/cellar.jpg": "no text",
}

_PLAN = (
    PlannedSearch(query="sodium-ion home storage price per kWh 2026", purpose="What it costs, and what can be bought"),
    PlannedSearch(query="sodium-ion vs LFP cycle life field study", purpose="How long the cells last"),
    PlannedSearch(query="sodium-ion battery capacity at minus 20 degrees", purpose="How they behave in the cold"),
    PlannedSearch(query="IEC 62619 certification sodium-ion residential", purpose="Whether they may be installed"),
    PlannedSearch(query="charging batteries in unheated rooms", purpose="What the handbook asks for", where="library"),
)


def _answer(containing: str, *said: tuple[str, str, str]) -> SearchAnswer:
    """Of (sentence, title, address) each."""
    return SearchAnswer(
        containing=containing,
        sentences=tuple(Sentence(text=f"{sentence} ", sources=(n,)) for n, (sentence, _, _) in enumerate(said)),
        sources=tuple(FoundSource(url=url, title=title, passage=sentence) for sentence, title, url in said),
    )


_ANSWERS = (
    _answer(
        "price per kWh",
        (
            "Packs for homes cost 118 dollars per kilowatt-hour in spring 2026, LFP packs 105 dollars.",
            "Pack prices, spring 2026",
            "https://prices.example/2026/packs",
        ),
        (
            "Three makers ship sodium-ion packs for homes today.",
            "Sodium-ion for homes: who ships",
            "https://storage-review.example/sodium-ion-homes",
        ),
    ),
    _answer(
        "cycle life",
        (
            "The only field study ran for 18 months and found no difference in fade between sodium-ion and LFP.",
            "Eighteen months in forty cellars",
            "https://field-studies.example/forty-cellars",
        ),
        (
            "Makers claim 6,000 cycles; nobody else has tested so many yet.",
            "Cycle life: claims and tests",
            "https://cell-tests.example/cycle-life",
        ),
    ),
    _answer(
        "minus 20",
        (
            "At minus 20 °C the cells kept 90 % of their capacity, where LFP kept 55 to 65 %.",
            "Hard-carbon anodes at low temperature",
            "https://cell-tests.example/hard-carbon-cold",
        ),
        (
            "A second laboratory measured 88 to 91 % at the same temperature.",
            "Cold cells, measured again",
            "https://second-laboratory.example/cold-cells",
        ),
    ),
    _answer(
        "certification",
        (
            "Two of the three products are certified under IEC 62619.",
            "Register of certified storage",
            "https://register.example/iec-62619",
        ),
    ),
)

_REPORT = """\
# Sodium-ion for home storage: close, not there yet

**Short answer.** Sodium-ion packs for homes can be bought in 2026 and keep their capacity in the cold [{cold}], but they still \
cost more per kilowatt-hour [{price}]. For most homes LFP remains the better buy; for unheated rooms sodium-ion already \
wins [{handbook}].

## What the evidence says

At minus 20 °C the cells kept 90 % of their capacity [{cold}]; a second laboratory found the same [{again}]. Makers claim \
6,000 cycles [{claims}], and the only field study so far ran for 18 months [{study}].

| Aspect | Sodium-ion | LFP |
|---|---|---|
| Pack price, per kWh | $118 [{price}] | $105 [{price}] |
| Capacity left at -20 °C | 90 % [{cold}] | 55 to 65 % [{cold}] |
| Charging in the cold | at -20 °C [{handbook}] | from 5 °C [{handbook}] |

Prices of both have fallen by a third in two years, and nobody in the trade expects that to stop before the end of the decade.

### What stays open

Nobody has yet published a field study of more than two years [{study}].
"""
# In the order in which the searches end: the library at once, the others after a time that their words fix.
_NUMBERS = {"handbook": 1, "price": 3, "cold": 5, "again": 6, "study": 7, "claims": 8}
_FOLLOW_UPS = (
    "Which sodium-ion home batteries are certified under IEC 62619, and what do they cost installed?",
    "Who runs longer field studies, and when will they report?",
    "What does warming a battery cost in a winter?",
)

REPORT = Scenario(
    summary="Five searches: price, lifetime, cold, certification and your own handbook, then a comparison.",
    plan=_PLAN,
    answers=_ANSWERS,
    report=_REPORT.format(**_NUMBERS),
    follow_ups=_FOLLOW_UPS,
    latency=0.3,
    search_latency=0.2,
    search_spread=2.0,
    faults=(Fault(kind="refusal", role="search", containing="certification", times=None),),
)
RUNNING = REPORT.model_copy(
    update={
        "search_spread": 12.0,
        "faults": (Fault(kind="status", role="search", containing="price", status=429, retry_after="40"),),
    }
)
FAILED = REPORT.model_copy(
    update={"faults": (*REPORT.faults, Fault(kind="status", role="analyst", status=402, times=None))}
)
CLARIFICATION = REPORT.model_copy(update={"decision": "clarify"})
RIGHT_TO_LEFT = Scenario(
    summary="שני חיפושים: מה השתנה, ומה העונשים.",
    plan=(
        PlannedSearch(query="חוק הבינה המלאכותית של האיחוד האירופי תיקונים 2026", purpose="מה השתנה"),
        PlannedSearch(query="קנסות לפי חוק הבינה המלאכותית", purpose="עונשים"),
    ),
    answers=(
        _answer(
            "תיקונים",
            ("לוח הזמנים נדחה בשנה אחת.", "חוק הבינה המלאכותית: התיקונים", "https://law.example/changes-2026"),
        ),
        _answer("קנסות", ("הקנסות נשארו כפי שהיו.", "קנסות לפי החוק", "https://law.example/fines")),
    ),
    report="# חוק הבינה המלאכותית: מה השתנה\n\n**תשובה קצרה.** לוח הזמנים נדחה בשנה אחת [1]. הקנסות נשארו כפי שהיו [2].\n\n"
    "- חובות השקיפות חלות מאוגוסט [1]\n- Providers of general models have *more* time [1]\n",
    search_spread=1.0,
)


def write_library(folder: Path) -> None:
    for name, text in LIBRARY.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
