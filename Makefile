.DEFAULT_GOAL := help
.PHONY: run test lint fmt bench e2e clean help
VENV := .venv/bin

run: ## start everything and print the address; PORT=8001 make run for another port
	@scripts/environment.sh run
	@exec $(VENV)/portal run

test: ## lint, types, architecture, then the whole suite, browsers included
	@scripts/environment.sh test
	@CHROMIUM="$$(scripts/chromium.sh)" && export CHROMIUM && $(MAKE) --no-print-directory lint && $(VENV)/pytest -n 2

lint: ## ruff, mypy, import contracts, templates
	@scripts/environment.sh test
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy --strict portal worker.py
	$(VENV)/lint-imports
	$(VENV)/djlint --lint --quiet templates

fmt: ## put the code in shape
	@scripts/environment.sh test
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

e2e: ## only the paths and the browser tests
	@scripts/environment.sh test
	@CHROMIUM="$$(scripts/chromium.sh)" && export CHROMIUM && $(VENV)/pytest tests/paths tests/browser

bench: ## time the pages on a hundred thousand tickets
	@scripts/environment.sh test
	$(VENV)/python -m bench.pages

clean: ## remove what can be made again; var/ with your data stays
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find portal tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /make \1	/p' Makefile | expand -t 14
