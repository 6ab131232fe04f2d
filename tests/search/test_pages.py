import pytest

from chat_app.search.pages import MAX_URL_CHARACTERS, is_public_page, page_of


@pytest.mark.parametrize(
    "url",
    [
        "https://www.uefa.com/euro2024/",
        "http://news.example:8080/a?b=c#d",
        "https://example.org./",
        "https://münchen.example/straße",
        "https://xn--mnchen-3ya.example/",
        "https://under_score.example/",
        "https://en.wikipedia.org/wiki/C%2B%2B",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://3com.example/",
        "https://local.example/internal",
    ],
)
def test_pages_of_the_public_web(url: str) -> None:
    assert is_public_page(url)


@pytest.mark.parametrize(
    "url",
    [
        # not of the web
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://ftp.example/x", "mailto:a@b.example", "//a.example/", "/a",
        "", "a.example", "https://", "https:///a", "https://[", "https://a.example:99999/", "https://a.example:x/", "https://a.example:0/",
        # names of this machine or its network
        "http://localhost/", "http://localhost./", "http://LOCALHOST:8000/", "http://a.localhost/", "http://printer/", "http://printer./",
        "http://nas.local/", "http://nas.local./", "http://NAS.Local/", "http://metadata.google.internal/", "http://wiki.corp/",
        "http://router.lan/", "http://x.home.arpa/", "http://a..example/", "http://.example/",
        # addresses of this machine or its network, in all spellings that browsers understand
        "http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/",
        "http://0177.0.0.1/", "http://0177.1/", "http://127.0.0.0x1/", "http://1.2.3.0x/", "http://10.0.0.5/", "http://192.168.1.1:80/",
        "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/",
        "http://255.255.255.255/", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://127｡0｡0｡1/", "http://①②⑦.0.0.1/",
        "http://999.999.999.999/", "http://1.2.3.4.5/", "http://example.1/",
        "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/", "http://[::ffff:8.8.8.8]/",
        "http://[::127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fec0::1]/", "http://[ff02::1]/",
        "http://[2002:7f00:1::]/", "http://[2002:0a00:0001::]/", "http://[64:ff9b::7f00:1]/", "http://[2001::1]/", "http://[::ffff:0:127.0.0.1]/",
        # tricks
        "https://user@a.example/", "https://user:pass@a.example/", "https://google.com@127.0.0.1/", "https://a.example\\@127.0.0.1/",
        "https://a.example/\r\nX: y", "https://a.exa\tmple/", " https://a.example/", "https://a.example/\u202egpj.exe",
        "https://a.example/a b",
        "https://%31%32%37.0.0.1/", "https://a.example%00.evil.example/", "https://a.example/" + "x" * MAX_URL_CHARACTERS,
    ],
)  # fmt: skip
def test_everything_else(url: str) -> None:
    assert not is_public_page(url)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://a.example/b?c=1#part", "https://a.example/b?c=1"),
        ("https://a.example/b#:~:text=some%20words", "https://a.example/b"),
        ("https://a.example/b#", "https://a.example/b"),
        ("https://a.example/#/settings", "https://a.example/#/settings"),
        ("https://a.example/#!topic/7", "https://a.example/#!topic/7"),
        ("https://a.example/b", "https://a.example/b"),
    ],
)
def test_a_place_in_a_page_is_not_another_page(url: str, page: str) -> None:
    assert page_of(url) == page
