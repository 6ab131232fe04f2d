import pytest
from starlette.types import ASGIApp

from chat_app.web.origins import Origins
from tests.web.callers import LOCAL, PAGE, client, denial, echo_app, handshake, is_accepted

OWN = f"http://{LOCAL}"
FOREIGN = [
    "https://evil.example",
    "http://127.0.0.1:3000",
    "http://localhost:8000",
    "http://127.0.0.1:8000.evil.example",
    "file://",
    "null",
]


@pytest.fixture
def app() -> ASGIApp:
    return Origins(echo_app(), allowed=["https://research.example.org"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET"])
@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_origin_gets_nothing(app: ASGIApp, method: str, origin: str) -> None:
    async with client(app) as http:
        answer = await http.request(method, "/project/threads", headers={"origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_our_own_page_and_allowed_origins_pass(app: ASGIApp, method: str) -> None:
    async with client(app) as http:
        own = await http.request(method, "/x", headers={"origin": OWN, "sec-fetch-site": "same-origin"})
        allowed = await http.request(
            method, "/x", headers={"origin": "https://research.example.org", "sec-fetch-site": "cross-site"}
        )
    assert (own.status_code, allowed.status_code) == (200, 200)


async def test_a_proxy_that_ends_tls_needs_no_setting(app: ASGIApp) -> None:
    async with client(app, host="chat.example.org") as http:
        answer = await http.post("/x", headers={"origin": "https://chat.example.org", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 200


async def test_the_insecure_twin_of_a_secure_site_is_foreign(app: ASGIApp) -> None:
    async with client(app, host="chat.example.org") as http:
        answer = await http.post("/x", headers={"origin": "http://chat.example.org", "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_programs_without_origin_pass(app: ASGIApp) -> None:
    async with client(app) as http:
        assert (await http.post("/x")).status_code == 200
    assert is_accepted(await handshake(app))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_or_image_of_another_site_cannot_act(app: ASGIApp, site: str) -> None:
    async with client(app) as http:
        assert (await http.post("/x", headers={"sec-fetch-site": site})).status_code == 403
        assert (await http.get("/ws/socket.io/?EIO=4", headers={"sec-fetch-site": site})).status_code == 403


async def test_links_from_other_sites_arrive(app: ASGIApp) -> None:
    async with client(app) as http:
        headers = PAGE | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        assert (await http.get("/thread/1", headers=headers)).status_code == 200


async def test_a_websocket_of_a_foreign_page_is_denied(app: ASGIApp) -> None:
    assert is_accepted(await handshake(app, origin=OWN))
    for origin in FOREIGN:
        status, sentence = denial(await handshake(app, origin=origin))
        assert status == 403
        assert "another origin" in sentence


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_polling_of_a_foreign_page_is_denied(app: ASGIApp, method: str) -> None:
    async with client(app) as http:
        answer = await http.request(method, "/ws/socket.io/?EIO=4", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_the_provider_that_posts_its_answer_gets_through_and_no_other_path_does(app: ASGIApp) -> None:
    headers = {"origin": "https://login.microsoftonline.com", "sec-fetch-site": "cross-site"}
    async with client(app) as http:
        assert (await http.post("/auth/oauth/azure-ad-hybrid/callback", headers=headers)).status_code == 200
        assert (await http.post("/auth/oauth/azure-ad-hybrid/callback/x", headers=headers)).status_code == 403
