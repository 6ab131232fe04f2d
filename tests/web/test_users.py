import re
import stat
import time
from pathlib import Path

import pytest

from chat_app.errors import SettingsError
from chat_app.web.users import UsersFile, add_user, hash_password, read_users, verify

PASSWORD = "correct horse"
# scrypt of "correct horse" at the lowest cost that is accepted, so that most tests need not pay for a new one.
QUICK = "scrypt$16384$1$1$AAAAAAAAAAAAAAAAAAAAAA==$Lwvh0dVR61GFgAgZpsI4rTCiwiSNsFMw2yHdWK8O4Fg="


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "users"


def _write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_user_who_was_added_signs_in_with_the_right_password_only(path: Path) -> None:
    add_user(path, "anna", PASSWORD)
    users = read_users(path)
    assert verify(users, "anna", PASSWORD)
    assert not verify(users, "anna", PASSWORD + "x")
    assert not verify(users, "berta", PASSWORD)
    assert not verify(users, "anna", "x" * 1_001)


def test_the_file_is_private_and_holds_no_password(path: Path) -> None:
    add_user(path, "anna", PASSWORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(r"anna:scrypt\$32768\$8\$3\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}\n", path.read_text())
    assert list(path.parent.glob(".users*")) == []


def test_adding_again_changes_the_password_and_keeps_everything_else(path: Path) -> None:
    _write(path, f"# people\nanna:{QUICK}\nberta:{QUICK}\n", 0o640)
    add_user(path, "anna", "another one")
    assert path.read_text().splitlines()[:2] == ["# people", f"berta:{QUICK}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    users = read_users(path)
    assert verify(users, "anna", "another one")
    assert not verify(users, "anna", PASSWORD)
    assert verify(users, "berta", PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 1_001])
def test_a_password_of_unfit_length_is_refused(password: str) -> None:
    with pytest.raises(SettingsError, match=r"it must have 8 to 1,000"):
        hash_password(password)


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a\nb", "#a", "x" * 101])
def test_a_name_that_would_break_the_file_is_refused(path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a user's name"):
        add_user(path, name, PASSWORD)


def test_a_name_and_password_typed_on_another_keyboard_are_the_same(path: Path) -> None:
    add_user(path, "Andr\u00e9", "caf\u00e9 au lait")
    assert verify(read_users(path), "Andre\u0301", "cafe\u0301 au lait")


@pytest.mark.parametrize(
    "line",
    [
        "anna", "anna:", "anna:secret", "an na:" + QUICK, ":" + QUICK, "anna:" + QUICK[:-4], "anna:" + QUICK.replace("scrypt", "md5"),
        "anna:" + QUICK.replace("16384", "16385"), "anna:" + QUICK.replace("16384", "1073741824"), "anna:" + QUICK.replace("16384", "2"),
    ],
)  # fmt: skip
def test_a_malformed_line_is_named_by_its_number_without_repeating_it(path: Path, line: str) -> None:
    _write(path, f"berta:{QUICK}\n\n{line}\n")
    with pytest.raises(SettingsError, match="Line 3 of the users file") as error:
        read_users(path)
    assert "secret" not in str(error.value)


def test_a_user_named_twice_is_an_error(path: Path) -> None:
    _write(path, f"anna:{QUICK}\nanna:{QUICK}\n")
    with pytest.raises(SettingsError, match=r"Line 2 .* names 'anna' again"):
        read_users(path)


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606])
def test_a_file_that_everybody_can_read_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match="chmod 600"):
        read_users(_write(path, f"anna:{QUICK}\n", mode))


def test_a_missing_an_empty_and_a_binary_file_are_refused(path: Path) -> None:
    with pytest.raises(SettingsError, match="research-chat users add"):
        read_users(path)
    with pytest.raises(SettingsError, match="names nobody"):
        read_users(_write(path, "# nobody yet\n"))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_users(path)


async def test_the_file_is_read_again_when_it_changes(path: Path) -> None:
    users = UsersFile(_write(path, f"anna:{QUICK}\n"))
    assert await users.verify("anna", PASSWORD)
    _write(path, f"berta:{QUICK}\n")
    assert not await users.verify("anna", PASSWORD)
    assert await users.verify("berta", PASSWORD)
    assert (users.knows("anna"), users.knows("berta")) == (False, True)


async def test_a_slip_while_editing_locks_nobody_out_and_is_logged(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    users = UsersFile(_write(path, f"anna:{QUICK}\n"))
    _write(path, f"anna:{QUICK}\nberta\n")
    assert await users.verify("anna", PASSWORD)
    assert await users.verify("anna", PASSWORD)
    assert caplog.text.count("Line 2 of the users file") == 1


def test_an_unknown_name_takes_as_long_as_a_wrong_password(path: Path) -> None:
    add_user(path, "anna", PASSWORD)
    users = read_users(path)
    known, unknown = min(_seconds(users, "anna") for _ in range(2)), min(_seconds(users, "nobody") for _ in range(2))
    assert unknown == pytest.approx(known, rel=0.5)


def _seconds(users: object, name: str) -> float:
    before = time.process_time()
    verify(users, name, "a wrong password")  # pyright: ignore[reportArgumentType] -- read by read_users
    return time.process_time() - before


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        add_user(tmp_path / "file" / "users", "anna", PASSWORD)
