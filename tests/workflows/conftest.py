"""Scripted providers for the turns that run in this process."""

from collections.abc import Iterator

import pytest

from tests.fakes import FakeProviders, Scenario


@pytest.fixture(scope="session")
def scripted() -> Iterator[FakeProviders]:
    """One server, and one event loop (`loop_scope="session"`), for all of them: models are made once a process."""
    with FakeProviders.start() as running:
        yield running


@pytest.fixture
def providers(scripted: FakeProviders, monkeypatch: pytest.MonkeyPatch) -> FakeProviders:
    """With a clean log and no faults; the SDKs are led there."""
    for name, value in scripted.environment().items():
        monkeypatch.setenv(name, value)
    scripted.scenario(Scenario())
    scripted.clear_log()
    return scripted
