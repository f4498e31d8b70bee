# `make run` starts FizzStat here; `make test` runs every test. Nothing else is needed first.

help:
	@echo "make run    start FizzStat: http://127.0.0.1:8000/demo has pages to try it on (FIZZSTAT_* variables change it)"
	@echo "make test   install what the tests need, and run them all"
	@echo "make lint   check style, types and the arrows between the parts"
	@echo "make clean  throw away .venv and caches; the data stay"

run: .venv/ready
	@./fizzstat run

test: .venv/ready-for-tests
	tests/install
	$(MAKE) --no-print-directory lint
	.venv/bin/pytest -n 2

lint: .venv/ready-for-tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# deploy/venv touches these when all is installed.
.venv/ready: requirements.txt
	@deploy/venv requirements.txt $@

.venv/ready-for-tests: requirements-test.txt requirements.txt
	@deploy/venv requirements-test.txt $@

.PHONY: help run test lint clean
