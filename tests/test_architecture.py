"""The house rules that a machine can hold: who may import whom, who reads the environment, names, sizes, the locks."""

import ast
import logging.config
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import distributions, files
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chat_app.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "chat_app"
MODULES = sorted(PACKAGE.rglob("*.py"))
LOCKS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]

MAX_LINES = 400
VAGUE_NAMES = {
    "base", "common", "core", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc", "service", "services",
    "shared", "stuff", "tools", "util", "utils",
}  # fmt: skip

# Third-party packages that only these modules and packages may import.
HOMES = {
    "dbos": ("chat_app.workflows", "chat_app.bootstrap"),
    "chainlit": ("chat_app.chat", "chat_app.app", "chat_app.server", "chat_app.storage.chat_store"),
    "anthropic": ("chat_app.agents.connections",),
    "google": ("chat_app.agents.connections",),
    "openai": ("chat_app.agents.connections",),
}
# Loading one takes up to two seconds, which a start without keys must not pay.
LAZY = {"anthropic", "google", "openai"}
# All that these may import from outside the standard library and chat_app.
ALLOWED = {"chat_app.research": {"pydantic"}, "chat_app.errors": set[str](), "chat_app.settings": {"pydantic"}}
USERS_OF_THE_ENVIRONMENT = {
    "chat_app.settings": "the one place that reads settings",
    "chat_app.serving": "sets what Chainlit reads at its import",
    "chat_app.telemetry": "switches off what the SDKs trace by themselves",
}

# Written as patterns that don't match themselves.
FOREIGN_TEXT = {
    "a registry's host": r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org",
    "a path of one machine": r"(?<![\w.])(/w[o]rk/|/r[o]ot/|/h[o]me/\w|/Us[e]rs/\w)",
}


def test_imports_go_only_downward(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    # It configures logging for a process of its own, and switches off every logger that there is.
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_in_its_rooms(library: str) -> None:
    strangers = [
        f"{module}:{line}"
        for module, line, imported, _ in _all_imports()
        if _is_within(imported, library) and not any(_is_within(module, home) for home in HOMES[library])
    ]
    assert strangers == []


@pytest.mark.parametrize("library", sorted(LAZY))
def test_provider_sdks_are_imported_only_when_used(library: str) -> None:
    early = [
        f"{module}:{line}" for module, line, imported, top in _all_imports() if top and _is_within(imported, library)
    ]
    assert early == []


@pytest.mark.parametrize("room", ALLOWED)
def test_the_domain_knows_no_framework(room: str) -> None:
    own = {"chat_app", *ALLOWED[room], *sys.stdlib_module_names}
    foreign = [
        f"{module}:{line} imports {imported}"
        for module, line, imported, _ in _all_imports()
        if _is_within(module, room) and imported.split(".")[0] not in own
    ]
    assert foreign == []


def test_only_settings_reads_the_environment() -> None:
    readers = {
        f"{_module_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.expr | ast.stmt)
        and _reads_environment(node)
        and _module_name(path) not in USERS_OF_THE_ENVIRONMENT
    }
    assert readers == set()


def test_the_example_lists_every_setting_and_no_other() -> None:
    asked = _AskedFor()
    Settings.from_environment(asked)
    settings = {name for name in asked.names if not name.endswith("_FILE") or name == "CHAT_APP_USERS_FILE"}
    listed = set(re.findall(r"(?m)^#([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))
    # The one is set by `make demo` only; the others are Chainlit's own.
    assert settings - {"CHAT_APP_DEMO"} == {name for name in listed if not name.startswith("OAUTH_")}


@pytest.mark.parametrize("workflow", sorted((PACKAGE / "workflows").glob("*.py")), ids=lambda path: path.stem)
def test_workflows_start_children_one_after_the_other(workflow: Path) -> None:
    """asyncio.gather over branches of several steps swaps their results when a turn is replayed, silently."""
    gathers = [
        node.lineno for node in ast.walk(_tree(workflow)) if isinstance(node, ast.Attribute) and node.attr == "gather"
    ]
    assert gathers == []


@pytest.mark.parametrize("workflow", sorted((PACKAGE / "workflows").glob("*.py")), ids=lambda path: path.stem)
def test_workflows_start_within_the_trace_that_they_belong_to(workflow: Path) -> None:
    """What is resumed after a crash, its parent perhaps not yet, would else begin a trace of its own."""
    within = {
        call
        for block in ast.walk(_tree(workflow))
        if isinstance(block, ast.With) and any("PropagateOtelContext" in ast.unparse(item) for item in block.items)
        for call in ast.walk(block)
    }
    outside = [
        node.lineno
        for node in ast.walk(_tree(workflow))
        if isinstance(node, ast.Attribute)
        and node.attr in {"start_workflow_async", "enqueue_workflow_async"}
        and node not in within
    ]
    assert outside == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_is_a_noun_of_bearable_size_and_says_what_it_does(path: Path) -> None:
    name = path.parent.name if path.stem == "__init__" else path.stem
    assert name not in VAGUE_NAMES, "find the noun that says what is inside"
    # Chainlit puts the folder of the module that it loads first on the import path.
    assert name not in sys.stdlib_module_names, "a module of the standard library has this name"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES, "split it by noun"
    assert ast.get_docstring(_tree(path)) or not path.read_text(encoding="utf-8"), (
        "say in 1 to 4 lines what it does and what it does not know"
    )


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "docs").glob("[0-9]*.md") if f"({path.name})" not in index] == []


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    found = [
        f"{path}:{number}: {what}"
        for path, text in _tracked_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FOREIGN_TEXT.items()
        if re.search(pattern, line)
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_address(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", lock.read_text(encoding="utf-8")))
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,_-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert not re.search(
        r"https?://|--(extra-)?index-url|--find-links|--trusted-host", lock.read_text(encoding="utf-8")
    )


def test_both_locks_hold_the_same_versions() -> None:
    run, dev = ({line.split(" ")[0] for line in lock.read_text().splitlines() if "==" in line} for lock in LOCKS)
    assert run - dev == set()


def test_only_the_packages_left_out_by_name_are_missing() -> None:
    """The install skips the resolver, so that it can leave packages out; nothing else may be missing or too old."""
    excluded = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]["exclude-dependencies"]
    )
    locked = _locked_names(LOCKS[1])
    versions = {canonicalize_name(found.name): found.version for found in distributions()}
    unmet = [
        f"{found.name} requires {requirement}"
        for found in distributions()
        if canonicalize_name(found.name) in locked
        for requirement in map(Requirement, found.requires or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if (name := canonicalize_name(requirement.name)) not in excluded
        if name not in versions or not requirement.specifier.contains(versions[name], prereleases=True)
    ]
    assert unmet == []


def test_everything_that_is_imported_is_required_by_name() -> None:
    """What comes only with another package can go with it."""
    brought = _packages_of_requirements()
    indirect = {
        f"{module}:{line} imports {imported}"
        for module, line, imported, _ in _all_imports()
        if imported.split(".")[0] not in {"chat_app", *sys.stdlib_module_names}
        if not any(_is_within(imported, package) for package in brought)
    }
    assert indirect == set()


class _AskedFor(Mapping[str, str]):
    """An empty environment that notes what is looked for in it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _all_imports() -> Iterator[tuple[str, int, str, bool]]:
    """Importing module, line, imported module, and whether it is imported as soon as the module is."""
    for path in MODULES:
        tree = _tree(path)
        late = {node for function in _functions(tree) for node in ast.walk(function)} | set(_for_types_only(tree))
        for node in ast.walk(tree):
            for imported in _imported(node):
                yield _module_name(path), getattr(node, "lineno", 0), imported, node not in late


def _functions(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _for_types_only(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from ast.walk(node)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        # `from google import genai` names a package of its own: `google` belongs to several distributions.
        return [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "google" else [node.module]
    return []


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return (
            node.attr in {"environ", "environb", "getenv"}
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        )
    return isinstance(node, ast.ImportFrom) and node.module == "os" and any("env" in alias.name for alias in node.names)


def _tracked_texts() -> Iterator[tuple[str, str]]:
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listing.stdout.decode().split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, or a file about to be committed as deleted


def _locked_names(lock: Path) -> set[str]:
    return {
        canonicalize_name(line.split("==")[0].split("[")[0]) for line in lock.read_text().splitlines() if "==" in line
    }


def _packages_of_requirements() -> set[str]:
    """What can be imported because pyproject.toml asks for it; `google` belongs to several, so its parts are told apart."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages: set[str] = set()
    for line in project["dependencies"]:
        for file in files(Requirement(line).name) or []:
            if file.suffix in {".py", ".so"} and not file.parts[0].endswith(".dist-info"):
                depth = 2 if file.parts[0] == "google" else 1
                packages.add(".".join(part.split(".")[0] for part in file.parts[:depth]))
    return packages
