import pytest

from chat_app.transcript.links import names_host, web_link


@pytest.mark.parametrize(
    ("address", "url", "host"),
    [
        ("https://evil.example/x?q#f", "https://evil.example/x?q#f", "evil.example"),
        ("HTTP://Evil.Example:80", "http://evil.example:80", "evil.example"),
        ("https://google.com@evil.example/", "https://evil.example/", "evil.example"),
        ("https://a:b@c@evil.example/", "https://evil.example/", "evil.example"),
        ("https://münchen.de/ä", "https://xn--mnchen-3ya.de/ä", "münchen.de"),
        ("https://łódź.pl", "https://xn--d-uga0v4h.pl", "łódź.pl"),
        ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("https://例え.jp", "https://xn--r8jz45g.jp", "例え.jp"),
        ("https://xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de", "münchen.de"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]/", "http://[::1]/", "[::1]"),
        ("http://localhost/", "http://localhost/", "localhost"),
    ],
)
def test_a_web_address_is_a_link_to_the_host_that_it_shows(address: str, url: str, host: str) -> None:
    assert web_link(address) == (url, host)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://аpple.com", "xn--pple-43d.com"),  # one Cyrillic letter
        ("https://аррӏе.com", "xn--80ak6aa92e.com"),  # a Cyrillic name below a Latin one
        ("https://ɡoogle.com", "xn--oogle-qmc.com"),  # Latin, but no letter of an alphabet
        ("https://gıthub.com", "xn--gthub-n4a.com"),
        ("https://xn--pple-43d.com", "xn--pple-43d.com"),
    ],
)
def test_a_name_that_could_be_taken_for_another_one_is_shown_as_it_is_looked_up(address: str, shown: str) -> None:
    link = web_link(address)
    assert link is not None
    assert link.host == shown


@pytest.mark.parametrize(
    "address",
    [
        "", "javascript:alert(1)", "//evil.example", "/rc/share/1", "https:evil.example", "https:///evil.example", "ftp://evil.example",
        "https://evil.example\\@google.com", "https://a b/", "https://a.example/\u202ex", "https://a\u0000.example", "https://a%2eb.example",
        "http://2130706433/", "http://0x7f.1/", "http://1.2.3/", "http://[::1/", "https://@/", "https://a.example:x/", "mailto:a@b.example",
    ],
)  # fmt: skip
def test_what_browsers_may_read_in_another_way_is_no_link(address: str) -> None:
    assert web_link(address) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("evil.example", True),
        ("Evil.example, a guide", True),
        ("www.evil.example", True),
        ("https://evil.example/x.html?y=z.w", True),
        ("evil.example/x", True),
        ("the page", False),
        ("google.com", False),
        ("google.com or evil.example", False),
        ("evil.example.google.com", False),
        ("notevil.example", False),
        ("https://evil.example@google.com", False),
        ("https://google.com/evil.example", False),
        ("me@evil.example", False),
    ],
)
def test_a_text_names_a_host_if_it_names_it_and_no_other(text: str, names: bool) -> None:
    assert names_host(text, "evil.example") is names
    assert names_host(text, "www.evil.example") is names
