"""Scripted providers for the turns that run in the test's own process."""

from collections.abc import Iterator

import pytest

from tests.fakes import FakeProviders, Scenario


@pytest.fixture(scope="package")
def scripted() -> Iterator[FakeProviders]:
    with FakeProviders.start() as running:
        yield running


@pytest.fixture
def providers(scripted: FakeProviders) -> FakeProviders:
    """With a clean log and no faults."""
    scripted.scenario(Scenario())
    scripted.clear_log()
    return scripted
