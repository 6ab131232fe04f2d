import base64
import hashlib
import re
from collections.abc import Mapping

import pytest
from starlette.types import ASGIApp

from chat_app.web.local_login import LocalLogin, LocalUser
from chat_app.web.page_language import PageLanguage
from tests.web.callers import LOCAL, PAGE, PORT, client, denial, echo_app, handshake, is_accepted

COOKIE = "rc_8000"
TOKEN = "fresh"


def _is_signed_in(cookies: Mapping[str, str]) -> bool:
    return cookies.get(COOKIE) == "valid"


@pytest.fixture
def app() -> ASGIApp:
    user = LocalUser(PORT, COOKIE, _is_signed_in, lambda: TOKEN, lifetime_seconds=60)
    return LocalLogin(echo_app(), user)


async def test_a_deep_link_opened_without_a_cookie_arrives_signed_in(app: ASGIApp) -> None:
    async with client(app) as http:
        answer = await http.get("/thread/1", headers=PAGE)
    assert answer.json()["cookies"] == {COOKIE: TOKEN}
    assert answer.headers["set-cookie"] == f"{COOKIE}={TOKEN}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"


async def test_an_expired_token_is_replaced_and_other_cookies_are_kept(app: ASGIApp) -> None:
    sent = {"cookie": f"theme=dark; {COOKIE}=expired; {COOKIE}_0=chunk; {COOKIE}0=other"}
    async with client(app) as http:
        answer = await http.get("/", headers=PAGE | sent)
    assert answer.json()["cookies"] == {"theme": "dark", f"{COOKIE}0": "other", COOKIE: TOKEN}


async def test_a_valid_cookie_is_left_alone(app: ASGIApp) -> None:
    async with client(app) as http:
        answer = await http.get("/", headers=PAGE | {"cookie": f"{COOKIE}=valid"})
    assert answer.json()["cookies"] == {COOKIE: "valid"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/s/token", "/rc/mode", "/healthz"])
async def test_pages_for_everybody_sign_nobody_in(app: ASGIApp, path: str) -> None:
    async with client(app) as http:
        answer = await http.get(path, headers=PAGE)
    assert "set-cookie" not in answer.headers


async def test_only_pages_sign_in(app: ASGIApp) -> None:
    async with client(app) as http:
        data = await http.get("/user", headers={"accept": "application/json"})
        form = await http.post("/thread/1", headers=PAGE)
    assert "set-cookie" not in data.headers
    assert "set-cookie" not in form.headers


@pytest.mark.parametrize("host", [LOCAL, "localhost:8000", "LOCALHOST:8000", "[::1]:8000", "127.8.0.1:8000"])
async def test_every_name_of_this_machine_is_served(app: ASGIApp, host: str) -> None:
    async with client(app) as http:
        assert (await http.get("/", headers=PAGE | {"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8000", "127.0.0.1.evil.example:8000", "localhost.evil.example:8000", "127.0.0.1", "127.0.0.1:8001",
        "127.0.0.1:8000@evil.example", "localhost.:8000", "0.0.0.0:8000", "192.168.0.2:8000", "2130706433:8000", "", "[::1",
        "127.0.0.1:8000/",
    ],
)  # fmt: skip
async def test_a_foreign_host_is_refused_on_every_path(app: ASGIApp, host: str) -> None:
    async with client(app) as http:
        for path in ("/", "/project/threads", "/ws/socket.io/", "/s/token"):
            answer = await http.get(path, headers=PAGE | {"host": host})
            assert answer.status_code == 421
            assert "answers for http://127.0.0.1:8000 only" in answer.text
            assert "set-cookie" not in answer.headers


async def test_a_browser_is_refused_by_a_page_in_its_language_and_a_program_by_a_line(app: ASGIApp) -> None:
    host = "evil.example<b>:8000"
    async with client(PageLanguage(app)) as http:
        page = await http.get("/", headers=PAGE | {"host": host, "accept-language": "de"})
        line = await http.get("/", headers={"host": host})
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="de">' in page.text
    assert "Dieser Server antwortet nur unter http://127.0.0.1:8000; angefragt war" in page.text
    assert "<b>" not in page.text
    style = re.search("<style>(.*?)</style>", page.text)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert line.headers["content-type"].startswith("text/plain")
    assert line.text.startswith(
        "This server answers for http://127.0.0.1:8000 only; the request was for 'evil.example<b>"
    )


async def test_two_host_headers_are_refused(app: ASGIApp) -> None:
    async with client(app) as http:
        answer = await http.get("/", headers=[("host", LOCAL), ("host", "evil.example"), *PAGE.items()])
    assert answer.status_code == 421


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-User", "Forwarded", "X-Real-IP"]
)
async def test_nobody_behind_a_proxy_is_the_local_user(app: ASGIApp, name: str) -> None:
    async with client(app) as http:
        answer = await http.get("/", headers=PAGE | {name: "203.0.113.7"})
    assert answer.status_code == 403
    assert "CHAT_APP_USERS_FILE" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ["192.168.0.7", "2001:db8::1", "testclient"])
async def test_another_machine_is_refused(app: ASGIApp, address: str) -> None:
    async with client(app, address=address) as http:
        assert (await http.get("/", headers=PAGE)).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_is_served_over_either_protocol(app: ASGIApp, address: str) -> None:
    async with client(app, address=address) as http:
        assert (await http.get("/", headers=PAGE)).status_code == 200


async def test_websockets_pass_the_same_gate(app: ASGIApp) -> None:
    assert is_accepted(await handshake(app))
    status, sentence = denial(await handshake(app, host="evil.example:8000"))
    assert status == 421
    assert "evil.example" in sentence
    assert denial(await handshake(app, x_forwarded_for="203.0.113.7"))[0] == 403
