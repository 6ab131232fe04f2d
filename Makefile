# Needs git, make and Python 3.11, 3.12 or 3.13 with its venv module. PYTHON=/path/to/python3.12 picks one.
PY := .venv/bin/python
UV_VERSION := 0.13.9

# pyright needs Node.js: the machine's, or else the one inside Playwright. It need not look for newer versions of itself.
PYRIGHT = PATH="$$PATH:$$($(PY) -c 'import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / "driver")')" \
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(PY) -m pyright

# Half of the tests' time is waiting for providers, browsers and killed servers: one process more than there are processors.
# Files stay whole, because a file's tests may share a server; in the order of their names, because the longest come early.
SIDE_BY_SIDE = -n $$(($$($(PY) -c 'import os; print(min(os.cpu_count() or 1, 5))') + 1)) --dist loadfile --no-loadscope-reorder

.PHONY: run demo test check fix bench lock install install-dev programs

run: install  ## the server, at http://127.0.0.1:8000
	@exec $(PY) -m chat_app serve

demo: install-dev  ## the server against scripted providers, at human pace
	@exec $(PY) -m tests.demo

test: install-dev programs  ## set-up and every check; ARGS="-k word" narrows the tests
	@$(MAKE) --no-print-directory check
	@exec $(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

check: install-dev  ## the fast part: lint, format, types, import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PYRIGHT)
	$(PY) -m pytest -q tests/test_architecture.py

fix: install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: install-dev
	@exec $(PY) -m benchmarks $(ARGS)

install:
	@scripts/install requirements.txt

install-dev:
	@scripts/install requirements-dev.txt

programs:
	@scripts/test-programs

lock:  ## new requirements files from pyproject.toml; ARGS=--upgrade takes newer versions
	@scripts/lock $(UV_VERSION) $(ARGS)
