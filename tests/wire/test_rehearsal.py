"""What a provider's SDK does only once in a process is done before the first answer comes."""

import subprocess
import sys

import pytest

from tests.fakes import FakeProviders

pytestmark = pytest.mark.provider_wire

_ASKED = """
import asyncio, sys
from pydantic import BaseModel, TypeAdapter
from pydantic_ai.messages import ModelRequest
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.native_tools import WebSearchTool

built = []

def counting(make, name):
    def made(target, *args, **values):
        if not getattr(target, "__pydantic_complete__", False):
            built.append(name)
        return make(target, *args, **values)
    return made

TypeAdapter.__init__ = counting(TypeAdapter.__init__, "adapter")
BaseModel.model_rebuild = classmethod(counting(BaseModel.model_rebuild.__func__, "model"))

from chat_app.agents import models

async def main(model_id):
    model = await asyncio.to_thread(models.model_of, model_id)
    rehearsed = len(built)
    messages = [ModelRequest.user_text_prompt("Why is the sky blue?")]
    parameters = ModelRequestParameters(native_tools=[WebSearchTool()])
    async with model:
        await model.request(messages, models.REQUEST_SETTINGS, parameters)
        async with model.request_stream(messages, models.REQUEST_SETTINGS, parameters) as response:
            async for _ in response:
                pass
    await models.close()
    print(rehearsed, len(built) - rehearsed)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "model_id", ["anthropic:claude-sonnet-5-5", "google:gemini-3.8-flash", "openai:gpt-5.2"], ids=lambda name: name[:6]
)
def test_the_first_answer_finds_its_readers_built(model_id: str, providers: FakeProviders) -> None:
    # In a process of its own: another test may have had an answer of this provider before.
    process = subprocess.run(
        [sys.executable, "-c", _ASKED, model_id],
        env=providers.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    before, after = (int(number) for number in process.stdout.split())
    assert before > 5
    assert after <= 5  # of some 30: what only some answers hold is left to them
