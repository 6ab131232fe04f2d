"""The command line as real processes: what it prints, how it ends, and what it refuses."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_app import __version__
from chat_app.cli import main
from chat_app.data_directory import DataDirectory
from chat_app.research.progress import END_KINDS
from chat_app.settings import PROJECT_DIR, Settings
from chat_app.storage.engine import Database
from tests.app_process import AppProcess, base_environment, run_command
from tests.fakes import FakeProviders, Fault, Scenario
from tests.ports import free_port

ENVELOPES = "How many envelopes does the green drawer hold?"
CHESS = "Who won the chess olympiad in Dresden?"
NOTES = {
    "drawers.md": "# Drawers\n\n## Green drawer\n\nThe green drawer holds seventy envelopes for letters abroad.\n",
    "kettle.txt": "The copper kettle is descaled with vinegar on the first Monday of each month.\n",
}
NO_CONVERSATION = "research-chat: There is no conversation '0000' of yours; leave its id out to begin a new one.\n"
SLOW = Scenario(search_latency=20)


@pytest.fixture(autouse=True)
def no_settings_of_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_DOTENV_DISABLED", "1")


def environment(data: Path, **variables: str) -> dict[str, str]:
    return {"CHAT_APP_DATA_DIR": str(data), "PYTHON_DOTENV_DISABLED": "1", **variables}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a library of two files."""
    return with_library(tmp_path / "data")


def with_library(data: Path) -> Path:
    library = data / "library"
    library.mkdir(parents=True)
    for name, text in NOTES.items():
        (library / name).write_text(text)
    return data


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """A server without keys that several tests ask."""
    process = AppProcess(with_library(tmp_path_factory.mktemp("serving") / "data"), {})
    process.start()
    yield process
    process.stop()


def trail_of(output: str) -> list[dict[str, Any]]:
    """The printed trail, after the checks that every trail must pass."""
    trail = [json.loads(line) for line in output.splitlines()]
    assert [event["seq"] for event in trail] == list(range(len(trail)))
    assert [event["kind"] for event in trail if event["kind"] in END_KINDS] == [trail[-1]["kind"]]
    assert len({event["turn_id"] for event in trail}) == 1
    return trail


def refused(*arguments: str, **variables: str) -> str:
    """What a command says that ends with code 2 at once."""
    done = run_command(*arguments, environment={"PORT": str(free_port()), **variables})
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def threads(data: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(data / "research.sqlite")) as database:
        return database.execute("SELECT id FROM threads ORDER BY id").fetchall()


class TestUsage:
    def test_it_says_its_version(self) -> None:
        done = run_command("--version", environment={})
        assert (done.returncode, done.stdout) == (0, f"research-chat {__version__}\n")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "required: command"),
            (("fly",), "invalid choice: 'fly'"),
            (("ask",), "required: question"),
            (("ask", "Why?", "--depth", "bottomless"), "invalid choice: 'bottomless'"),
            (("users", "add"), "required: name"),
        ],
    )
    def test_a_command_that_makes_no_sense_is_a_usage_error(
        self, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert words in capsys.readouterr().err

    @pytest.mark.parametrize("command", [("serve",), ("ask", "Why?"), ("doctor",), ("users", "add", "alice")])
    def test_a_malformed_setting_is_named_with_its_value_and_the_way_out(
        self, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PORT", "eight")
        assert main(command) == 2
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", "research-chat: PORT is 'eight'; it must be a number from 1 to 65535.\n")


class TestRefusedStarts:
    """Whatever is wrong is found before anything is changed."""

    def test_a_port_in_use(self, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            said = refused("serve", **environment(data, PORT=port))
        assert f"http://127.0.0.1:{port} cannot be served (Address already in use)" in said
        assert "set PORT to another one" in said
        DataDirectory.hold(data, None).release()

    @pytest.mark.parametrize("command", [("serve",), ("ask", "Why?")])
    def test_a_data_directory_that_cannot_be_written(self, tmp_path: Path, command: tuple[str, ...]) -> None:
        (tmp_path / "file").write_text("keep me")
        said = refused(*command, **environment(tmp_path / "file" / "data"))
        assert f"The data directory {str(tmp_path / 'file' / 'data')!r} cannot be written" in said
        assert "set CHAT_APP_DATA_DIR to another one" in said
        assert (tmp_path / "file").read_text() == "keep me"

    @pytest.mark.parametrize(("name", "command"), [("research.sqlite", "serve"), ("workflows.sqlite", "ask")])
    def test_a_corrupt_database(self, data: Path, name: str, command: str) -> None:
        nonsense = b"This is no database. " * 500
        (data / name).write_bytes(nonsense)
        said = refused(command, *(["Why?"] if command == "ask" else []), **environment(data))
        assert name in said
        assert (data / name).read_bytes() == nonsense

    async def test_a_database_of_a_newer_version(self, data: Path) -> None:
        database = await Database.open(Settings(data_dir=data))
        await database.close()
        with closing(sqlite3.connect(data / "research.sqlite")) as newer, newer:
            newer.execute("INSERT INTO schema_migrations VALUES (1000, '')")
        before = (data / "research.sqlite").read_bytes()
        said = await asyncio.to_thread(refused, "serve", **environment(data))
        assert "newer version" in said
        assert (data / "research.sqlite").read_bytes() == before

    def test_an_address_that_others_can_reach_without_anybody_signing_in(self, data: Path) -> None:
        said = refused("serve", **environment(data, HOST="0.0.0.0"))
        assert "HOST is '0.0.0.0'" in said
        assert "CHAT_APP_USERS_FILE" in said
        assert "HOST=127.0.0.1" in said

    def test_a_second_server_on_the_same_data_is_told_where_the_first_one_is(self, server: AppProcess) -> None:
        said = refused("serve", **environment(server.data_dir, PORT="1"))
        assert f"in use by process {server.pid}, which serves {server.url}" in said
        assert httpx.get(f"{server.url}/readyz").status_code == httpx.codes.OK


class TestListingTheLibrary:
    def test_by_itself_it_names_each_file_and_why_one_failed(self, data: Path) -> None:
        (data / "library" / "invoice\u202efdp.txt").write_text("")
        done = run_command("library", environment=environment(data))
        assert done.returncode == 1, done.stderr
        assert done.stdout.splitlines() == [
            "indexed  drawers.md  (1 passage)",
            "indexed  kettle.txt  (1 passage)",
            "failed   invoice\\u202efdp.txt  (Is empty; copy it again.)",
        ]
        assert "2 indexed in 2 passages, 1 failed, 0 skipped" in done.stderr
        (data / "library" / "invoice\u202efdp.txt").unlink()
        again = run_command("library", "--reindex", "--json", environment=environment(data))
        assert again.returncode == 0, again.stderr
        listed = [json.loads(line) for line in again.stdout.splitlines()]
        assert [(file["path"], file["state"]) for file in listed] == [
            ("drawers.md", "indexed"),
            ("kettle.txt", "indexed"),
        ]
        DataDirectory.hold(data, None).release()

    def test_a_folder_without_documents_is_told_from_one_with(self, tmp_path: Path) -> None:
        done = run_command("library", environment=environment(tmp_path / "data"))
        assert done.returncode == 3
        assert f"{tmp_path / 'data' / 'library'} holds no document yet" in done.stderr

    def test_a_running_server_is_asked(self, server: AppProcess) -> None:
        done = run_command("library", "--reindex", environment=environment(server.data_dir))
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "indexed  drawers.md  (1 passage)"
        assert httpx.get(f"{server.url}/readyz").status_code == httpx.codes.OK


class TestAskingByItself:
    def test_a_conversation_for_a_person_and_then_for_a_program(self, data: Path) -> None:
        done = run_command("ask", ENVELOPES, environment=environment(data))
        assert done.returncode == 0, done.stderr
        assert "seventy envelopes" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("[1] Drawers (")
        assert done.stdout.splitlines()[-1].endswith("Green drawer) library:drawers.md")
        assert "Searching ..." in done.stderr
        thread = done.stderr.split("--thread ")[1].split()[0]
        further = run_command("ask", "--json", "--thread", thread, CHESS, environment=environment(data))
        assert further.returncode == 3
        trail = trail_of(further.stdout)
        assert [trail[0]["kind"], trail[-1]["kind"]] == ["turn_started", "no_evidence"]
        assert trail[0]["turn_id"].startswith(f"{thread}:")
        assert "don't answer" in trail[-1]["text"]

    def test_a_conversation_that_does_not_exist_is_refused(self, data: Path) -> None:
        said = refused("ask", "--thread", "0000", ENVELOPES, **environment(data))
        assert said == NO_CONVERSATION
        assert threads(data) == []

    @pytest.mark.provider_wire
    def test_a_turn_that_fails_for_a_key_that_stands_in_a_file(self, data: Path, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("key-of-the-file\n")
        with FakeProviders.start(Scenario(faults=(Fault(kind="bad_key"),))) as providers:
            variables = {"ANTHROPIC_BASE_URL": providers.url, "ANTHROPIC_API_KEY_FILE": str(tmp_path / "key")}
            done = run_command("ask", "--json", "Why?", environment=environment(data, **variables))
        assert done.returncode == 1
        error = trail_of(done.stdout)[-1]["error"]
        assert (error["kind"], error["retryable"]) == ("model_authentication_error", False)
        assert "refused the API key" in error["message"]
        assert "key-of-the-file" not in done.stdout + done.stderr

    @pytest.mark.provider_wire
    def test_an_interrupted_one_ends_its_trail_and_stays_stopped(self, data: Path) -> None:
        with (
            FakeProviders.start(SLOW, process=True) as providers,
            begin("--json", "Why?", environment=environment(data, **providers.environment("anthropic"))) as asked,
        ):
            kinds = list(iter(lambda: next_kind(asked), "search_started"))
            asked.send_signal(signal.SIGINT)
            assert asked.stdout is not None
            rest = asked.stdout.read()  # not with `communicate`, which skips what has been read ahead
            assert asked.wait(timeout=10) == 130
        assert kinds[0] == "turn_started"
        last = json.loads(rest.splitlines()[-1])
        assert (last["kind"], last["seq"]) == ("turn_stopped", len(kinds) + len(rest.splitlines()))
        with closing(sqlite3.connect(data / "research.sqlite")) as database:
            assert database.execute("SELECT end_kind FROM turns").fetchall() == [("turn_stopped",)]

    def test_a_second_one_on_the_same_data_waits_for_nobody(self, data: Path) -> None:
        directory = DataDirectory.hold(data, None)
        said = refused("ask", "Why?", **environment(data))
        assert f"in use by process {os.getpid()}" in said
        directory.release()


class TestQuestions:
    @pytest.mark.parametrize("question", ["", "   \n", "\x01\x02"])
    def test_an_empty_one_is_a_usage_error(
        self, question: str, own_data_directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["ask", question]) == 2
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", "research-chat: The question is empty; type what you want to know.\n")
        assert not own_data_directory.exists()

    def test_one_from_standard_input_is_held_to_the_same_limit(self, data: Path) -> None:
        done = ask_piped(b"x" * 200_000, data)
        assert done.returncode == 2
        assert b"has 200,000 characters and the limit is 20,000; shorten it" in done.stderr

    def test_control_characters_and_broken_bytes_do_no_harm(self, server: AppProcess) -> None:
        done = ask_piped(b"How many\x00 envelopes\x1b does the green drawer hold?\r\n\xff", server.data_dir)
        assert done.returncode == 0, done.stderr
        trail = trail_of(done.stdout.decode())
        assert trail[0]["question"] == "How many envelopes does the green drawer hold?\n\ufffd"


class TestAskingAServer:
    def test_the_server_answers_and_keeps_the_conversation(self, server: AppProcess) -> None:
        done = run_command("ask", "--json", ENVELOPES, environment=environment(server.data_dir))
        assert done.returncode == 0, done.stderr
        trail = trail_of(done.stdout)
        assert trail[-1]["kind"] == "report_ready"
        (source,) = trail[-1]["report"]["sources"]
        assert f"[{source['number']}]" in trail[-1]["report"]["text"]
        assert (source["url"], source["title"]) == ("library:drawers.md", "Drawers")
        with server.client() as client:
            kept = client.get(f"/api/turns/{trail[0]['turn_id']}/events").text
        assert trail_of(kept) == trail

    def test_nothing_found_is_nothing_found_there_too(self, server: AppProcess) -> None:
        assert run_command("ask", CHESS, environment=environment(server.data_dir)).returncode == 3

    def test_a_conversation_of_the_server_goes_on_and_so_do_its_numbers(self, server: AppProcess) -> None:
        first = server.ask(ENVELOPES)
        first.finished()
        arguments = ("ask", "--json", "--thread", first.thread, "When is the copper kettle descaled?")
        done = run_command(*arguments, environment=environment(server.data_dir))
        (source,) = trail_of(done.stdout)[-1]["report"]["sources"]
        assert (source["number"], source["url"]) == (2, "library:kettle.txt")

    def test_a_conversation_that_does_not_exist_is_refused_there_too(self, server: AppProcess) -> None:
        before = threads(server.data_dir)
        said = refused("ask", "--thread", "0000", ENVELOPES, **environment(server.data_dir))
        assert said == NO_CONVERSATION
        assert threads(server.data_dir) == before

    def test_a_reader_that_goes_away_is_no_crash(self, server: AppProcess) -> None:
        asked = begin("--json", ENVELOPES, environment=environment(server.data_dir))
        assert asked.stdout is not None
        asked.stdout.close()
        said = asked.communicate(timeout=20)[1]
        assert asked.returncode == 130
        assert "Traceback" not in said
        assert "BrokenPipe" not in said


class TestUsers:
    def test_a_user_is_added_and_may_sign_in_on_an_address_that_others_reach(self, data: Path, tmp_path: Path) -> None:
        users = tmp_path / "people"
        done = add_user(data, "alice", "correct horse battery", CHAT_APP_USERS_FILE=str(users))
        assert done.returncode == 0, done.stderr
        assert f"CHAT_APP_USERS_FILE={users}" in done.stdout
        assert "correct horse" not in users.read_text() + done.stdout + done.stderr
        assert stat.S_IMODE(users.stat().st_mode) == 0o600
        doctor = run_command("doctor", environment=environment(data, CHAT_APP_USERS_FILE=str(users), HOST="0.0.0.0"))
        assert doctor.returncode == 0, doctor.stdout
        for words in ("Excerpts only (no AI model)", "no key is set", str(data / "research.sqlite"), "sign-in: users"):
            assert words in doctor.stdout

    @pytest.mark.parametrize(
        ("name", "password"), [("alice", "short"), ("a:b", "correct horse"), ("", "correct horse")]
    )
    def test_a_user_that_cannot_be_is_refused(self, data: Path, name: str, password: str) -> None:
        done = add_user(data, name, password)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("research-chat: ")
        assert not (data / "users").exists()


def begin(*arguments: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """`research-chat ask` that goes on while the test does."""
    return subprocess.Popen(
        [sys.executable, "-m", "chat_app", "ask", *arguments],
        cwd=PROJECT_DIR,
        env=base_environment() | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def next_kind(asked: subprocess.Popen[str]) -> str:
    assert asked.stdout is not None
    return json.loads(asked.stdout.readline())["kind"]


def ask_piped(question: bytes, data: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "chat_app", "ask", "--json", "-"],
        cwd=PROJECT_DIR,
        env=base_environment() | environment(data),
        input=question,
        capture_output=True,
        timeout=60,
        check=False,
    )


def add_user(data: Path, name: str, password: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat_app", "users", "add", name],
        cwd=PROJECT_DIR,
        env=base_environment() | environment(data, **variables),
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
