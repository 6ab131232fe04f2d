import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from chat_app.errors import DataDirectoryError, SettingsError
from chat_app.web.private_keys import AUTH_SECRET_FILE, auth_secret, client_key

MAKERS = [auth_secret, client_key]


@pytest.mark.parametrize("make", MAKERS)
def test_a_secret_is_made_once_and_private(tmp_path: Path, make: Callable[[Path], SecretStr]) -> None:
    data = tmp_path / "new" / "data"
    secret = make(data)
    assert len(secret.get_secret_value()) >= 64
    assert make(data) == secret
    (file,) = data.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_two_secrets_differ(tmp_path: Path) -> None:
    assert auth_secret(tmp_path) != client_key(tmp_path)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o377, 0o777])
def test_no_umask_opens_or_closes_the_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        auth_secret(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / AUTH_SECRET_FILE).stat().st_mode) == 0o600


def test_eight_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    data, gate = tmp_path / "data", tmp_path / "gate"
    program = (
        "import sys, time; from pathlib import Path; from chat_app.web.private_keys import auth_secret\n"
        "print('ready', flush=True)\n"
        "while not Path(sys.argv[2]).exists(): time.sleep(0.001)\n"
        "print(auth_secret(Path(sys.argv[1])).get_secret_value())"
    )
    command = [sys.executable, "-c", program, str(data), str(gate)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        gate.touch()
        secrets = {process.communicate(timeout=30)[0].strip() for process in processes}
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert secrets == {auth_secret(data).get_secret_value()}
    assert [file.name for file in data.iterdir()] == [AUTH_SECRET_FILE]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("short", "not one that"),
        ("ä" * 70, "not one that"),
        ("x" * 300, "not one"),
    ],
)
def test_a_damaged_secret_is_refused_with_the_way_out(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / AUTH_SECRET_FILE
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=words) as error:
        auth_secret(tmp_path)
    assert "delete the file" in str(error.value)
    assert file.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    auth_secret(tmp_path)
    (tmp_path / AUTH_SECRET_FILE).chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        auth_secret(tmp_path)


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(DataDirectoryError, match="CHAT_APP_DATA_DIR"):
        auth_secret(tmp_path / "data")


def test_a_given_secret_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    given = SecretStr("g" * 32)
    assert auth_secret(tmp_path, given) == given
    assert list(tmp_path.iterdir()) == []


def test_a_given_secret_that_can_be_guessed_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CHAINLIT_AUTH_SECRET has 6 characters") as error:
        auth_secret(tmp_path, SecretStr("hunter"))
    assert "hunter" not in str(error.value)
