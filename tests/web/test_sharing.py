import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from chat_app.web.origins import Origins
from chat_app.web.sharing import Sharing
from tests.web.callers import LOCAL, client
from tests.web.conversations import OWNER, THREAD, Shelf, turn

PATH = f"/rc/share/{THREAD}"
HERS = {"cookie": f"user={OWNER}"}


async def _caller(request: Request) -> str | None:
    return request.cookies.get("user")


async def _is_owner(user: str, thread_id: str) -> bool:
    return (user, thread_id) == (OWNER, THREAD)


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf(turn())
    shelf.links.clear()
    return shelf


async def test_the_owner_makes_asks_for_and_withdraws_the_link(shelf: Shelf) -> None:
    async with client(Starlette(routes=Sharing(shelf, _caller, _is_owner).routes())) as http:
        assert (await http.get(PATH, headers=HERS)).json() == {"url": None}
        made = (await http.post(PATH, headers=HERS)).json()
        assert made == {"url": f"http://{LOCAL}/s/token-of-{THREAD}"}
        assert (await http.post(PATH, headers=HERS)).json() == made
        asked = await http.get(PATH, headers=HERS)
        assert asked.json() == made
        assert asked.headers["cache-control"] == "no-store"
        assert (await http.delete(PATH, headers=HERS)).json() == {"url": None}
    assert shelf.links == {}


async def test_a_server_that_is_reached_by_another_address_names_that(shelf: Shelf) -> None:
    sharing = Sharing(shelf, _caller, _is_owner, public_url="https://research.example.org/")
    async with client(Starlette(routes=sharing.routes())) as http:
        url = (await http.post(PATH, headers=HERS)).json()["url"]
    assert url == f"https://research.example.org/s/token-of-{THREAD}"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_strangers_get_nothing(shelf: Shelf, method: str) -> None:
    app = Origins(Starlette(routes=Sharing(shelf, _caller, _is_owner).routes()))
    async with client(app) as http:
        nobody = await http.request(method, PATH)
        other = await http.request(method, PATH, headers={"cookie": "user=berta"})
        unknown = await http.request(method, "/rc/share/none", headers=HERS)
        foreign = await http.request(method, PATH, headers=HERS | {"origin": "https://evil.example"})
    assert [nobody.status_code, other.status_code, unknown.status_code, foreign.status_code] == [401, 404, 404, 403]
    assert other.content == unknown.content
    assert shelf.links == {}


async def test_a_thread_deleted_meanwhile_is_not_found(shelf: Shelf) -> None:
    shelf.kept.clear()
    async with client(Starlette(routes=Sharing(shelf, _caller, _is_owner).routes())) as http:
        assert (await http.post(PATH, headers=HERS)).status_code == 404
