"""A small Chainlit application behind the guards, to see in a browser that its interface works under our policy.

Run as `python -m tests.web.chainlit_app PORT DIRECTORY`; the directory becomes Chainlit's own.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chat_app import lean_imports  # noqa: F401 -- Chainlit can only be imported after it

COOKIE = "rc_test"
PORT, ROOT = int(sys.argv[1]), Path(sys.argv[2])
# Chainlit reads them at its import.
os.environ["CHAINLIT_APP_ROOT"] = str(ROOT)
os.environ["CHAINLIT_AUTH_SECRET"] = "s" * 64
os.environ["CHAINLIT_AUTH_COOKIE_NAME"] = COOKIE

import uvicorn  # noqa: E402
from chainlit.auth.jwt import create_jwt, decode_jwt  # noqa: E402
from chainlit.config import config  # noqa: E402
from chainlit.user import User  # noqa: E402
from chainlit.utils import mount_chainlit  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from jwt import PyJWTError  # noqa: E402

from chat_app.web.local_login import LocalUser  # noqa: E402
from chat_app.web.perimeter import guarded  # noqa: E402

CARD = """
import { useState } from 'react';
import { Button } from '@/components/ui/button';
function Card({ props }) {
  const [presses, setPresses] = useState(0);
  return <div id="card"><img id="foreign" src="http://localhost:9/pixel.png" alt="" />
    <Button id="press" onClick={() => setPresses(presses + 1)}>{props.label} {presses}</Button></div>;
}
export default <Card props={props} />;
"""
SCRIPT = "document.documentElement.dataset.custom = 'loaded';"
MODULE = """
import chainlit as cl

@cl.header_auth_callback
async def sign_in(headers):
    return None  # the middleware has signed the local user in

@cl.on_message
async def answer(message: cl.Message):
    element = cl.CustomElement(name="Card", props={"label": "Pressed"}, display="inline")
    text = "An **answer** ![pixel](http://localhost:9/pixel.png) [3](https://a.example)"
    await cl.Message(content=text, elements=[element]).send()
"""


def _write_files(root: Path) -> Path:
    (root / "public" / "elements").mkdir(parents=True)
    (root / "public" / "elements" / "Card.jsx").write_text(CARD)
    (root / "public" / "custom.js").write_text(SCRIPT)
    (root / "public" / "theme.json").write_text('{"custom_fonts": [], "variables": {"light": {"--radius": "0.5rem"}}}')
    (root / "chainlit.md").touch()
    module = root / "page.py"
    module.write_text(MODULE)
    return module


def _is_signed_in(cookies: Mapping[str, str]) -> bool:
    try:
        return bool(decode_jwt(cookies[COOKIE]).identifier)
    except (KeyError, PyJWTError):
        return False


def main() -> None:
    module = _write_files(ROOT)
    config.ui.custom_js = "/public/custom.js"
    app = FastAPI()
    mount_chainlit(app, str(module), path="/")
    user = LocalUser(PORT, COOKIE, _is_signed_in, lambda: create_jwt(User(identifier="local")), 3600)
    uvicorn.run(guarded(app, user), host="127.0.0.1", port=PORT, log_level="warning", proxy_headers=False)


if __name__ == "__main__":
    main()
