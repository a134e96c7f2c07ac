# `make run` and `make test` need Python 3.11 or newer and a shell; everything else they install into .venv.
# PYTHON=/path/to/python chooses the interpreter. DATABASE_URL and TEST_DATABASE_URL choose a PostgreSQL server.

.DEFAULT_GOAL := help
# Where it is set, every process compiles anew what the one before it has compiled.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: run test unit check format coverage lock openapi bench help install clean

ifdef PYTHON
candidates := "$(PYTHON)"
else
candidates := python3.13 python3.12 python3.11 python3 python
endif
new_enough := import sys; sys.exit(sys.version_info < (3, 11))
too_old := Python 3.11 or newer is needed: install it, or say where it is: make PYTHON=/path/to/python3.12
# The first Python that is new enough becomes tools/bootstrap.py.
bootstrap = @for each in $(candidates); do \
	"$$each" -c '$(new_enough)' 2>/dev/null && exec "$$each" tools/bootstrap.py $(1); \
	done; echo "error: $(too_old)" >&2; exit 1
in_venv := .venv/bin/python -m
tests := $(in_venv) pytest -n auto --maxprocesses=8 --dist worksteal

run: ## Start everything on this machine and serve on http://127.0.0.1:8000; Ctrl-C stops it
	$(call bootstrap,app)
	@.venv/bin/lms up --with-parent

test: ## Run all tests; the integration tests start a PostgreSQL of their own
	$(call bootstrap,test)
	$(tests)

unit: ## Run the unit tests alone, in seconds
	$(call bootstrap,test)
	$(in_venv) pytest tests/unit

check: ## Look at the code: format, lint, types, security, import contracts
	$(call bootstrap,test)
	$(in_venv) ruff format --check .
	$(in_venv) ruff check .
	$(in_venv) mypy
	$(in_venv) bandit -q -c pyproject.toml -r src tools migrations
	.venv/bin/lint-imports

format: ## Format the code and mend what can be mended
	$(call bootstrap,test)
	$(in_venv) ruff check --fix-only .
	$(in_venv) ruff format .

coverage: ## Run all tests and refuse less than 85 % of branches
	$(call bootstrap,test)
	$(tests) --cov --cov-report=term-missing:skip-covered

lock: ## Pin the newest versions that requirements/*.in allow
	$(call bootstrap,uv pip compile $(compile) requirements/app.in -o requirements/app.lock)
	$(call bootstrap,uv pip compile $(compile) -c requirements/app.lock requirements/test.in -o requirements/test.lock)
	$(call bootstrap,uv pip compile $(compile) requirements/installer.in -o requirements/installer.lock)

compile := -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

openapi: ## Write openapi.json as the code says it
	$(call bootstrap,test)
	.venv/bin/lms openapi > openapi.json

bench: ## Measure requests per second and latency against a floor of the same run
	$(call bootstrap,test)
	.venv/bin/python -m benchmarks

install: ## Make .venv and install what the application needs
	$(call bootstrap,app)

clean: ## Remove .venv and caches; the data in .data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
