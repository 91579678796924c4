# `make help` lists the targets. Everything is installed into .venv, nothing outside it.
PYTHON ?= python3
PORT ?= 8501

BIN := .venv/bin
SAY := @echo "nnviz:"
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
VERSION := -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'

.PHONY: help run test bench lint format screenshots clean venv installed installed-dev

help:
	@echo "make run          serve the dashboard on http://localhost:$(PORT)"
	@echo "make test         lint, check the types and run the tests"
	@echo "make bench        run the benchmarks"
	@echo "make lint         lint and check the formatting and the types"
	@echo "make format       format the code and sort its imports"
	@echo "make screenshots  draw the pictures of the README anew"
	@echo "make clean        remove .venv and everything else that was made"
	@echo "PORT=8502 chooses the port, PYTHON=python3.12 the Python (3.11, 3.12 or 3.13; here $(PYTHON))."

run: installed
	$(SAY) "serving on http://localhost:$(PORT) (Ctrl+C stops it)"
	@exec $(BIN)/streamlit run app.py --server.port=$(PORT) --server.headless=true

test: lint
	$(SAY) "running the tests"
	@$(BIN)/python -m pytest

bench: installed-dev
	$(SAY) "running the benchmarks"
	@$(BIN)/python -m benchmarks

lint: installed-dev
	$(SAY) "linting"
	@$(BIN)/ruff check --quiet .
	$(SAY) "checking the formatting"
	@$(BIN)/ruff format --check --quiet .
	$(SAY) "checking the types"
	@$(BIN)/mypy nnviz

format: installed-dev
	$(SAY) "formatting"
	@$(BIN)/ruff check --fix-only --select I .
	@$(BIN)/ruff format .

screenshots: installed-dev
	$(SAY) "drawing the pictures of the README"
	@$(BIN)/python -m docs.screenshots

clean:
	$(SAY) "removing .venv, caches and bytecode"
	@rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv whose Python is not the one asked for (or does not run) is rebuilt; that removes the two copies below too.
venv:
	@wanted=$$($(PYTHON) $(VERSION) 2>/dev/null) || { echo "nnviz: $(PYTHON) does not run here:" \
	  "name a Python 3.11, 3.12 or 3.13, for example PYTHON=python3.12 make run" >&2; exit 1; }; \
	case $$wanted in 3.11.*|3.12.*|3.13.*) ;; *) echo "nnviz: needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is" \
	  "$$wanted: name another, for example PYTHON=python3.12 make run" >&2; exit 1;; esac; \
	found=$$($(BIN)/python -m pip --version >/dev/null 2>&1 && $(BIN)/python $(VERSION)); \
	if [ "$$found" != "$$wanted" ]; then \
	  if [ ! -e .venv ]; then echo "nnviz: making .venv with Python $$wanted"; \
	  else echo "nnviz: rebuilding .venv with Python $$wanted (it had $${found:-no working Python})"; fi; \
	  $(PYTHON) -m venv --clear .venv; \
	fi

# .venv keeps a copy of what it was installed from; pip is asked only when the requirements have changed since.
installed: venv
	@cmp -s requirements.txt .venv/requirements.txt || { \
	  echo "nnviz: installing requirements.txt into .venv (minutes the first time)" && \
	  $(INSTALL) -r requirements.txt && cp requirements.txt .venv/requirements.txt; }

installed-dev: installed
	@cmp -s requirements-dev.txt .venv/requirements-dev.txt || { \
	  echo "nnviz: installing requirements-dev.txt into .venv" && \
	  $(INSTALL) -r requirements-dev.txt && cp requirements-dev.txt .venv/requirements-dev.txt; }
