# Everything runs in .venv, which the first target that needs it makes. Start with: make help
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# From make's command line only; the environment may mean another PORT.
PORT :=
ARGS :=
# Where it is set, every process that a test starts compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE
# llama.cpp with its server. It is no part of requirements.txt, since only a local chat model needs it.
ENGINE := xllamacpp==2026.10.11549
PYTEST := $(PY) -m pytest -n auto --dist worksteal --durations=10 -rs

.PHONY: help setup chat model test test-all test-model check docs bench mutate audit lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) ## Set everything up in .venv (the other targets do it by themselves)

chat: $(READY) ## Set everything up and open the web chat (PORT=8000 for another port)
	@$(VENV)/bin/assistant serve --open $(if $(PORT),--port $(PORT))

model: $(READY) ## Get a chat model that runs on this machine (1.1 GB; then ASSISTANT_MODEL=local)
	@$(PY) -m pip install --disable-pip-version-check --quiet "$(ENGINE)"
	@$(VENV)/bin/assistant model fetch

test: $(READY) ## Run the tests but the slow ones (ARGS="tests/index -x" for some of them)
	@$(PYTEST) -m "not slow" $(ARGS)

test-all: $(READY) ## Run all tests, also those that kill, fill disks and start servers
	@$(PYTEST) $(ARGS)

test-model: model ## Put 60 questions to the local model (half an hour on two cores)
	@ASSISTANT_TEST_MODEL=$${ASSISTANT_TEST_MODEL:-$$($(VENV)/bin/assistant model fetch)} \
	  $(PY) -m pytest -rs tests/answering/test_local_model.py $(ARGS)

check: $(READY) ## Lint, formatting, types, import floors, generated docs
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest tests/test_floors.py tests/test_web_floors.py
	$(PY) -m tools.docs --check

docs: $(READY) ## Rewrite the generated pages, docs/cli.md and docs/settings.md
	$(PY) -m tools.docs

bench: $(READY) ## Measure speed and retrieval quality as ratios (ARGS=--bless: the next run is compared with this)
	$(PY) -m tools.bench $(ARGS)

mutate: $(READY) ## Break one place after another and say which tests notice (ARGS=--list for the places)
	@$(PY) -m tools.mutate $(ARGS)

audit: $(READY) ## Ask whether a pinned package has a known weakness (needs the network; installs pip-audit)
	@$(PY) -m pip install --disable-pip-version-check --quiet pip-audit
	@$(PY) -m pip_audit --strict --no-deps --disable-pip -r requirements.txt $(ARGS)

lock: $(READY) ## Pin all dependencies again in requirements.txt (ARGS=--upgrade for newer ones)
	$(PY) -m tools.lock $(ARGS)

clean: ## Remove whatever make can make again; your documents stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	mkdir -p index
	find index -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

# The stamp is the last thing written, so an interrupted set-up starts again.
$(READY): requirements.txt pyproject.toml tools/install.py
	@for python in $(PYTHON) python3.11 python3 python3.12 python3.13; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if ! $(PY) -m ensurepip >/dev/null 2>&1; then \
	  $$found -m venv --clear $(VENV) || { \
	    echo "No virtual environment could be made. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@$(PY) tools/install.py
	@$(VENV)/bin/assistant index build || echo "The index is built when it is first needed." >&2
	@touch $@
