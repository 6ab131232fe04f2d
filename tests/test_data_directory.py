import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat_app.data_directory import DataDirectory, holder_of
from chat_app.errors import DataDirectoryError, DataDirectoryLocked
from chat_app.settings import PROJECT_DIR

_HOLDER = """
import sys, time
from pathlib import Path
from chat_app.data_directory import DataDirectory
directory = DataDirectory.hold(Path(sys.argv[1]), sys.argv[2] or None)
print("held", flush=True)
time.sleep(60)
"""

Hold = Callable[[Path, str], subprocess.Popen[str]]


@pytest.fixture
def another_process_holds() -> Iterator[Hold]:
    processes: list[subprocess.Popen[str]] = []

    def hold(path: Path, address: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _HOLDER, str(path), address]
        process = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in processes:
        process.kill()
        process.communicate()


def test_a_directory_is_made_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"
    DataDirectory.hold(path, None).release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_another_process_is_refused_and_told_who_has_it(tmp_path: Path, another_process_holds: Hold) -> None:
    process = another_process_holds(tmp_path, "http://127.0.0.1:8765")
    with pytest.raises(DataDirectoryLocked) as refused:
        DataDirectory.hold(tmp_path, None)
    assert refused.value.address == "http://127.0.0.1:8765"
    said = str(refused.value)
    assert said.startswith(f"The data directory {str(tmp_path)!r} is in use by process {process.pid}")
    assert "which serves http://127.0.0.1:8765; use that one, stop it first, or set CHAT_APP_DATA_DIR" in said
    holder = holder_of(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.address) == (process.pid, "http://127.0.0.1:8765")


def test_a_holder_without_an_address_has_none(tmp_path: Path, another_process_holds: Hold) -> None:
    process = another_process_holds(tmp_path, "")
    with pytest.raises(DataDirectoryLocked, match=f"in use by process {process.pid}; use that one") as refused:
        DataDirectory.hold(tmp_path, "http://127.0.0.1:1")
    assert refused.value.address is None


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_dies_in_any_way_lets_go(
    tmp_path: Path, another_process_holds: Hold, end: signal.Signals
) -> None:
    process = another_process_holds(tmp_path, "http://127.0.0.1:8765")
    process.send_signal(end)
    process.wait()
    directory = DataDirectory.hold(tmp_path, "http://127.0.0.1:1")
    holder = holder_of(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.address) == (os.getpid(), "http://127.0.0.1:1")
    directory.release()


def test_a_directory_that_was_released_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        directory = DataDirectory.hold(tmp_path, None)
        with pytest.raises(DataDirectoryLocked):
            DataDirectory.hold(tmp_path, None)
        directory.release()


def test_a_refused_process_leaves_the_holders_name_alone(tmp_path: Path) -> None:
    directory = DataDirectory.hold(tmp_path, "http://127.0.0.1:8765" + "0" * 50)
    before = holder_of(tmp_path)
    with pytest.raises(DataDirectoryLocked):
        DataDirectory.hold(tmp_path, None)
    assert holder_of(tmp_path) == before
    directory.release()
    DataDirectory.hold(tmp_path, None).release()
    after = holder_of(tmp_path)
    assert after is not None
    assert after.address is None


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"pid": "x"}', "\udcff"])
def test_a_lock_file_that_says_nothing_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "engine.lock").write_bytes(content.encode(errors="surrogateescape"))
    assert holder_of(tmp_path) is None
    DataDirectory.hold(tmp_path, None).release()


def test_nobody_holds_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "missing") is None


@pytest.mark.parametrize("path", ["file", "file/data", "/proc/data"])
def test_a_place_that_cannot_be_written_is_refused_with_the_way_out(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / path
    with pytest.raises(DataDirectoryError) as refused:
        DataDirectory.hold(place, None)
    assert not isinstance(refused.value, DataDirectoryLocked)
    assert str(refused.value).startswith(f"The data directory {str(place)!r} cannot be written (")
    assert "set CHAT_APP_DATA_DIR to another one" in str(refused.value)


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    first = DataDirectory.hold(tmp_path, None)
    name = first.instance_id
    first.release()
    again = DataDirectory.hold(tmp_path, None)
    assert again.instance_id == name
    assert len(name) == 32
    again.release()


def test_a_name_that_a_crash_left_empty_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "instance-id").write_text("")
    directory = DataDirectory.hold(tmp_path, None)
    assert len(directory.instance_id) == 32
    assert directory.instance_id == directory.instance_id
    directory.release()
