"""The command line: `research-chat serve | ask | library | doctor | users`."""

import argparse
import asyncio
import getpass
import importlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path

from dotenv import load_dotenv

from chat_app import __version__
from chat_app.errors import InvalidQuestion, NotFound, ResearchChatError, SettingsError
from chat_app.research.turn import clean_question
from chat_app.settings import PROJECT_DIR, Settings

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING_FOUND, EXIT_INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 1 failed, 2 usage or settings, 3 nothing found, 130 interrupted."""
    options = _parser().parse_args(arguments)
    load_dotenv(PROJECT_DIR / ".env")  # variables that are set already win
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpx2", "google_genai", "chainlit", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        return options.run(options)
    except (SettingsError, InvalidQuestion, NotFound) as error:
        return _say(error, EXIT_USAGE)
    except ResearchChatError as error:
        return _say(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output is gone. Python would complain once more when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="research-chat", description="Deep research that a crash cannot lose.")
    parser.add_argument("--version", action="version", version=f"research-chat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    serve = commands.add_parser("serve", help="run the chat in the browser (HOST, PORT)")
    serve.set_defaults(run=_serve)
    ask = commands.add_parser("ask", help="ask one question and print how it is answered")
    ask.add_argument("question", help="the question; - reads it from standard input")
    ask.add_argument("--json", action="store_true", help="print the events of the turn, one JSON object a line")
    ask.add_argument("--thread", help="id of the conversation to go on with")
    ask.add_argument("--depth", choices=["quick", "standard", "deep"], default="standard", help="how many searches")
    ask.set_defaults(run=_ask)
    library = commands.add_parser(
        "library", help="list the files of the library, and say which could not be read and why"
    )
    library.add_argument("--reindex", action="store_true", help="read all files again")
    library.add_argument("--json", action="store_true", help="print one JSON object a file, one a line")
    library.set_defaults(run=_library)
    doctor = commands.add_parser("doctor", help="say what is set up, who does what, and what is missing")
    doctor.add_argument("--offline", action="store_true", help="do not ask the providers whether they take the keys")
    doctor.set_defaults(run=_doctor)
    users = commands.add_parser("users", help="people who may sign in to a server that others can reach")
    user_commands = users.add_subparsers(required=True, metavar="command")
    add = user_commands.add_parser("add", help="add a user, or set a new password, in CHAT_APP_USERS_FILE")
    add.add_argument("name")
    add.set_defaults(run=_add_user)
    return parser


# Each command imports what it needs when it runs: `ask` must not pay for Chainlit (2 s), and Chainlit reads the
# environment at import, which `serve` has to set before.


def _serve(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    return importlib.import_module("chat_app.serving").serve(settings)


def _ask(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    question = options.question
    if question == "-":
        question = sys.stdin.buffer.read().decode(errors="replace")
    question = clean_question(question)
    asking = importlib.import_module("chat_app.asking")
    printer = asking.JsonLines() if options.json else asking.Plain()
    return _run_interruptible(asking.ask(settings, question, options.thread, options.depth, printer))


def _library(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    module = importlib.import_module("chat_app.library_list")
    return _run_interruptible(module.list_library(settings, reindex=options.reindex, as_json=options.json))


def _doctor(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    return asyncio.run(importlib.import_module("chat_app.doctor").examine(settings, offline=options.offline))


def _add_user(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    path = settings.users_file or Path(settings.data_dir / "users")
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    importlib.import_module("chat_app.web.users").add_user(path, options.name, password)
    print(f"{options.name} can sign in to a server that is started with CHAT_APP_USERS_FILE={path}")
    return EXIT_OK


def _run_interruptible(work: Coroutine[None, None, int]) -> int:
    """Run, and turn Ctrl-C or a termination into a cancellation, so that the work can end what it has begun."""

    async def supervised() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED

    return asyncio.run(supervised())


def _say(error: Exception, code: int) -> int:
    print(f"research-chat: {error}", file=sys.stderr)
    return code
