import time

import pytest

from chat_app.search.suggestions import MAX_SUGGESTIONS, chips_in, suggestions_for

REDIRECT = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/AUZIYQG-x_1=="
SEARCH = "https://www.google.com/search?q="
SNIPPET = """<style>
.container {{ align-items: center; display: flex; }}
.chip {{ display: inline-block; }}
</style>
<div class="container">
  <div class="headline">
    <svg class="logo-light" viewBox="9 9 35 35" xmlns="http://www.w3.org/2000/svg"><title>Google</title>
      <path fill-rule="evenodd" d="M42.86 27" fill="#4285F4"/>
    </svg>
    <div class="gradient-container"><div class="gradient"></div></div>
  </div>
  <div class="carousel">
    {}
  </div>
</div>
"""


def chip(words: str, href: str = REDIRECT) -> str:
    return f'<a class="chip" href="{href}">{words}</a>'


def shown(*chips: str) -> list[tuple[str, str]]:
    found = chips_in(SNIPPET.format("\n    ".join(chips)))
    assert all(each.url.startswith(SEARCH) for each in found)
    return [(each.text, each.url.removeprefix(SEARCH)) for each in found]


def test_each_chip_is_a_search_that_does_not_expire() -> None:
    assert shown(chip("who won euro 2024"), chip("Spain &amp; England, score")) == [
        ("who won euro 2024", "who+won+euro+2024"),
        ("Spain & England, score", "Spain+%26+England%2C+score"),
    ]


@pytest.mark.parametrize("host", ["www.google.com", "google.com", "WWW.Google.com"])
def test_a_chip_may_lead_to_the_search_itself(host: str) -> None:
    href = f"https://{host}/search?q=heat+pumps%3F&amp;client=app-vertex-grounding"
    assert shown(chip("heat pumps", href)) == [("heat pumps?", "heat+pumps%3F")]


def test_nothing_but_the_words_is_taken_from_a_link() -> None:
    lucky = "https://www.google.com/search?btnI=1&amp;q=site:evil.example&amp;sourceid=x"
    assert shown(chip("Innocent", lucky)) == [("site:evil.example", "site%3Aevil.example")]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://www.google.com/search?q=x",
        "data:text/html,https://www.google.com/search?q=x",
        "http://www.google.com/search?q=x",
        "https://www.google.com.evil.example/search?q=x",
        "https://evil.example/search?q=x",
        "https://evil.example/grounding-api-redirect/x",
        "https://www.google.com@evil.example/search?q=x",
        "https://user:password@www.google.com/search?q=x",
        "https://www.google.com:8443/search?q=x",
        "https://www.google.com/url?q=https://evil.example/",
        "https://www.google.com/search",
        "https://www.google.com/search?q=",
        "https://vertexaisearch.cloud.google.com/other/x",
        "https://vertexaisearch.cloud.google.com.evil.example/grounding-api-redirect/x",
        "//www.google.com/search?q=x",
        "/search?q=x",
        "https://[",
        "",
    ],
)
def test_a_link_to_anything_but_googles_search_is_left_out(href: str) -> None:
    assert shown(chip("Click here", href), chip("the real one")) == [("the real one", "the+real+one")]


def test_what_is_no_word_of_a_chip_is_not_read() -> None:
    hostile = (
        "<script>document.write('<a href=https://www.google.com/search?q=evil>evil</a>')</script>",
        '<img src="https://evil.example/pixel.png" onerror="alert(1)">',
        chip("heat <b onclick='x()'>pumps</b><img src=x onerror=alert(1)>"),
        chip("<script>alert(1)</script>"),
        chip("words<style>a{}</style>"),
        chip("&lt;script&gt;alert(2)&lt;/script&gt;"),
        chip("right\u202eto\u0000left\nand\tback"),
        "<a>no address</a>",
        "<a href>empty address</a>",
    )
    texts = [text for text, _ in shown(*hostile)]
    assert texts == ["heat pumps", "<script>alert(2)</script>", "righttoleft and back"]


@pytest.mark.parametrize(
    "snippet",
    [
        "", "Just text", "<a", '<a href="', "<" * 100_000, "<a " * 30_000, "<!--" * 30_000, "<![CDATA[" * 20_000,
        "<svg>" * 50_000, "<a>" * 30_000, '<a href="' * 20_000, "<a " + " href" * 20_000,
    ],
    ids=lambda snippet: snippet[:9],
)  # fmt: skip
def test_a_snippet_that_is_broken_or_huge_has_no_chips_and_costs_little(snippet: str) -> None:
    begun = time.monotonic()
    assert chips_in(snippet) == ()
    assert time.monotonic() - begun < 2


def test_there_are_a_few_at_most_each_once_and_none_as_long_as_a_page() -> None:
    assert [text for text, _ in shown(chip("One"), chip("one"), chip("x" * 201), chip("  "), chip("Two"))] == [
        "One",
        "Two",
    ]
    assert len(shown(*(chip(f"number {n}") for n in range(40)))) == MAX_SUGGESTIONS


def test_queries_alone_make_suggestions_too() -> None:
    (first, second) = suggestions_for(["Wie funktioniert eine Wärmepumpe?", " ", "a/b&c=d#e", "A/B&C=D#E"])
    assert (first.text, first.url) == (
        "Wie funktioniert eine Wärmepumpe?",
        f"{SEARCH}Wie+funktioniert+eine+W%C3%A4rmepumpe%3F",
    )
    assert second.url == f"{SEARCH}a%2Fb%26c%3Dd%23e"
    assert suggestions_for(["broken \ud800 text"])[0].text == "broken text"
