from pathlib import Path

import pytest

from chat_app.errors import SettingsError
from chat_app.settings import Settings
from chat_app.web.exposure import sign_in_method
from chat_app.web.users import add_user


@pytest.fixture
def users_file(tmp_path: Path) -> Path:
    add_user(tmp_path / "users", "anna", "correct horse")
    return tmp_path / "users"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "::ffff:127.0.0.1"])
def test_on_loopback_the_person_at_the_machine_is_the_local_user(host: str) -> None:
    assert sign_in_method(Settings(host=host), oauth_configured=False) == "local"


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.2", "research.example.org", "localhost.example.org", "127.1"]
)
def test_a_reachable_address_without_users_is_refused_and_says_what_to_set(host: str) -> None:
    with pytest.raises(SettingsError) as error:
        sign_in_method(Settings(host=host), oauth_configured=False)
    for word in (
        repr(host),
        "CHAT_APP_USERS_FILE",
        "research-chat users add",
        "OAUTH_GITHUB_CLIENT_ID",
        "HOST=127.0.0.1",
    ):
        assert word in str(error.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_users_file_or_oauth_is_asked_for_everywhere_once_it_is_set(host: str, users_file: Path) -> None:
    assert sign_in_method(Settings(host=host, users_file=users_file), oauth_configured=False) == "users"
    assert sign_in_method(Settings(host=host), oauth_configured=True) == "oauth"


def test_a_users_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        sign_in_method(Settings(host="0.0.0.0", users_file=tmp_path / "none"), oauth_configured=False)


def test_two_ways_to_sign_in_at_once_are_refused(users_file: Path) -> None:
    with pytest.raises(SettingsError, match="unset one"):
        sign_in_method(Settings(users_file=users_file), oauth_configured=True)
