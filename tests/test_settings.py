"""Every setting: what it is by default, how it is read, and what is said when it is malformed. Never a secret."""

import os
from pathlib import Path

import pytest

from chat_app.errors import SettingsError
from chat_app.settings import Settings

SECRET = "s3cr3t-value"
SECRETS = {
    "ANTHROPIC_API_KEY": "anthropic_key",
    "GOOGLE_API_KEY": "google_key",
    "GEMINI_API_KEY": "google_key",
    "OPENAI_API_KEY": "openai_key",
    "OLLAMA_API_KEY": "ollama_key",
    "LOGFIRE_TOKEN": "logfire_token",
    "DBOS_CONDUCTOR_KEY": "conductor_key",
    "CHAINLIT_AUTH_SECRET": "auth_secret",
}
ADDRESSES = {
    "ANTHROPIC_BASE_URL": "anthropic_url",
    "GOOGLE_GEMINI_BASE_URL": "google_url",
    "OPENAI_BASE_URL": "openai_url",
    "OLLAMA_BASE_URL": "ollama_url",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "otlp_endpoint",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "otlp_endpoint",
}
MODELS = {
    "CHAT_APP_PLANNER_MODEL": "planner_model",
    "CHAT_APP_SEARCH_MODEL": "search_model",
    "CHAT_APP_ANALYST_MODEL": "analyst_model",
}
FLAGS = {"CHAT_APP_TRACE_CONTENT": "trace_content", "CHAT_APP_DEMO": "demo"}


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def complaint(**environment: str) -> str:
    with pytest.raises(SettingsError) as raised:
        read(**environment)
    return str(raised.value)


def secret_of(settings: Settings, field: str) -> str:
    return getattr(settings, field).get_secret_value()


def test_nothing_has_to_be_set() -> None:
    settings = read()
    assert (settings.host, settings.port, settings.address) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.data_dir == Path("data").absolute()
    assert settings.library_dir == Path("data/library").absolute()
    unset = {*SECRETS.values(), *ADDRESSES.values(), *MODELS.values(), "database_url", "users_file"}
    assert {field: getattr(settings, field) for field in unset} == dict.fromkeys(unset)
    assert (settings.trace_content, settings.demo, settings.has_oauth) == (False, False, False)


@pytest.mark.parametrize(
    "name",
    [*SECRETS, *ADDRESSES, *MODELS, *FLAGS, "HOST", "PORT", "DATABASE_URL", "CHAT_APP_DATA_DIR", "CHAT_APP_USERS_FILE"],
)
@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_variable_is_an_unset_one(name: str, nothing: str) -> None:
    assert read(**{name: nothing}) == read()


@pytest.mark.parametrize(("name", "field"), SECRETS.items())
def test_a_secret_is_read_and_never_shown(name: str, field: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"  {SECRET}\n")
    for settings in (read(**{name: SECRET}), read(**{f"{name}_FILE": str(file)})):
        assert secret_of(settings, field) == SECRET
        assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL"])
def test_a_secret_that_is_set_twice_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    said = complaint(**{name: SECRET, f"{name}_FILE": str(file)})
    assert said == f"{name} and {name}_FILE are both set; unset one of them."


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL"])
def test_a_secret_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert f"{name}_FILE names {str(missing)!r}" in complaint(**{f"{name}_FILE": str(missing)})
    assert "cannot be read" in complaint(**{f"{name}_FILE": str(tmp_path)})
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in complaint(**{f"{name}_FILE": str(binary)})
    empty = tmp_path / "empty"
    empty.write_text(" \n")
    assert f"{str(empty)!r}, which is empty" in complaint(**{f"{name}_FILE": str(empty)})


def test_googles_own_name_for_its_key_comes_first() -> None:
    assert secret_of(read(GOOGLE_API_KEY="one", GEMINI_API_KEY="two"), "google_key") == "one"


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY"])
def test_a_key_in_a_file_reaches_the_sdk_that_looks_for_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    monkeypatch.setenv(name, "")
    monkeypatch.setenv(f"{name}_FILE", str(file))
    settings = Settings.from_environment()
    assert os.environ[name] == SECRET
    assert secret_of(settings, SECRETS[name]) == SECRET


def test_an_environment_that_was_given_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    read(ANTHROPIC_API_KEY_FILE=str(file))
    assert "ANTHROPIC_API_KEY" not in os.environ


@pytest.mark.parametrize(("name", "field"), ADDRESSES.items())
def test_an_address_is_read_or_refused(name: str, field: str) -> None:
    assert getattr(read(**{name: "http://127.0.0.1:9/v1"}), field) == "http://127.0.0.1:9/v1"
    for malformed in ("localhost:8080", "ftp://a.example", "http://", "https:/a.example", "http://[::1"):
        assert complaint(**{name: malformed}) == f"{name} is {malformed!r}; it must be an http:// or https:// address."


@pytest.mark.parametrize(("name", "field"), MODELS.items())
def test_a_model_is_read_or_refused(name: str, field: str) -> None:
    assert getattr(read(**{name: "ollama:llama3:8b"}), field) == "ollama:llama3:8b"
    for malformed in ("claude", ":claude", "anthropic:"):
        assert complaint(**{name: malformed}).startswith(f"{name} is {malformed!r}; it must be provider:model")


def test_a_contact_is_an_address_that_fits_into_a_header() -> None:
    assert read(CHAT_APP_CONTACT=" ops+wiki@example.org ").contact == "ops+wiki@example.org"
    assert read(CHAT_APP_CONTACT="https://example.org/~us").contact == "https://example.org/~us"
    for malformed in ("me", "@", "me@", "ftp://x", "a@b (c)", "a@b\nX: y", "https://a/ b", "jürgen@example.org"):
        assert complaint(CHAT_APP_CONTACT=malformed).startswith(
            f"CHAT_APP_CONTACT is {malformed!r}; it must be an e-mail"
        )


@pytest.mark.parametrize(("name", "field"), FLAGS.items())
def test_a_flag_is_0_or_1(name: str, field: str) -> None:
    assert [getattr(read(**{name: value}), field) for value in ("0", "1", " 1 ")] == [False, True, True]
    for malformed in ("yes", "true", "2", "01"):
        assert complaint(**{name: malformed}) == f"{name} is {malformed!r}; it must be 0 or 1."


@pytest.mark.parametrize(
    "port", ["0", "65536", "-1", "8000.0", "eight", "8000 80", "\u0668\u0660", "1e3", "99999999999999999999"]
)
def test_a_port_is_a_number_from_1_to_65535(port: str) -> None:
    assert complaint(PORT=port) == f"PORT is {port!r}; it must be a number from 1 to 65535."


@pytest.mark.parametrize(("port", "number"), [("1", 1), ("65535", 65535), (" 80 ", 80), ("0080", 80)])
def test_any_possible_port_is_taken(port: str, number: int) -> None:
    assert read(PORT=port).port == number


def test_the_address_of_an_ip_6_host_has_brackets() -> None:
    assert read(HOST="::1", PORT="80").address == "http://[::1]:80"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_database_is_spoken_to_through_psycopg_whatever_its_address_begins_with(scheme: str) -> None:
    settings = read(DATABASE_URL=f"{scheme}://user:{SECRET}@db.example/research")
    assert secret_of(settings, "database_url") == f"postgresql+psycopg://user:{SECRET}@db.example/research"
    assert SECRET not in repr(settings)


def test_a_database_may_be_at_a_local_socket() -> None:
    settings = read(DATABASE_URL="postgresql:///research?host=/run/postgresql")
    assert secret_of(settings, "database_url") == "postgresql+psycopg:///research?host=/run/postgresql"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql://user:{SECRET}@db.example/x", "DATABASE_URL begins with 'mysql'; it must be postgresql://"),
        (f"sqlite:///{SECRET}.sqlite", "DATABASE_URL begins with 'sqlite'; it must be"),
        (f"user:{SECRET}@db.example/x", "DATABASE_URL is no address; it must be"),
        (SECRET, "DATABASE_URL is no address; it must be"),
        ("postgresql://", "DATABASE_URL is no address; it must be"),
    ],
)
def test_another_database_is_refused_without_repeating_its_password(url: str, said: str) -> None:
    text = complaint(DATABASE_URL=url)
    assert text.startswith(said)
    assert "unset to keep everything in SQLite" in text
    assert SECRET not in text


def test_paths_are_absolute_and_know_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = read(CHAT_APP_DATA_DIR="here", CHAT_APP_USERS_FILE="~/users")
    assert settings.data_dir == tmp_path / "here"
    assert settings.library_dir == tmp_path / "here" / "library"
    assert settings.users_file == tmp_path / "users"
    assert read(CHAT_APP_LIBRARY="~/documents").library_dir == tmp_path / "documents"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OAUTH_GITHUB_CLIENT_ID", "id", True),
        ("OAUTH_GITHUB_CLIENT_ID", "", False),
        ("OAUTH_GITHUB_CLIENT_SECRET", "secret", False),
    ],
)
def test_a_sign_in_by_oauth_is_noticed(name: str, value: str, expected: bool) -> None:
    assert read(**{name: value}).has_oauth is expected


class TestKeylessWebSearch:
    def test_it_is_off_unless_services_are_named(self) -> None:
        assert read().web_search == read(CHAT_APP_WEB_SEARCH=" , ").web_search == ()

    def test_services_are_listed_with_commas(self) -> None:
        services = read(CHAT_APP_WEB_SEARCH="searxng:https://searxng.example.org/sub, wikipedia").web_search
        assert [(service.name, service.address) for service in services] == [
            ("searxng", "https://searxng.example.org/sub"),
            ("wikipedia", None),
        ]
        (wiki,) = read(CHAT_APP_WEB_SEARCH="wikipedia:http://127.0.0.1:8080/w/api.php").web_search
        assert wiki.address == "http://127.0.0.1:8080/w/api.php"

    @pytest.mark.parametrize(
        "value",
        [
            "google",
            "Wikipedia",
            "1",
            "searxng",
            "searxng:",
            "searxng:searxng.example.org",
            "searxng:ftp://a.example",
            "wikipedia:en",
            "duckduckgo:https://a.example",
        ],
    )
    def test_what_is_no_service_is_refused(self, value: str) -> None:
        said = complaint(CHAT_APP_WEB_SEARCH=f"wikipedia,{value}")
        assert said.startswith(f"CHAT_APP_WEB_SEARCH names {value!r}; it must list 'wikipedia', 'searxng:https://")

    def test_a_service_is_named_once(self) -> None:
        assert "twice" in complaint(CHAT_APP_WEB_SEARCH="wikipedia,wikipedia")
