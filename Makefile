PYTHON ?= python

.PHONY: app test lint format benchmarks screenshots

app:  ## start the app on this machine
	streamlit run app

test:  ## the whole test suite, with the browser test where chromium is installed
	$(PYTHON) -m pytest

lint:  ## style, types
	ruff format --check .
	ruff check .
	mypy

format:  ## put the code into house style
	ruff format .
	ruff check --fix .

benchmarks:  ## measure again what docs/ reports (minutes)
	$(PYTHON) -m tests.benchmarks.trainer_overhead
	$(PYTHON) -m tests.benchmarks.reader
	$(PYTHON) -m tests.benchmarks.app

screenshots:  ## take the pictures of docs/img/ again
	$(PYTHON) -m tests.screenshots
