PYTHON ?= python

.PHONY: app test coverage lint format wheel site benchmarks screenshots guide

app:  ## start the app on this machine
	streamlit run app

test:  ## the whole test suite on two cores, with the browser test where chromium is installed
	$(PYTHON) -m pytest -n 2

# the tests of diagnostics that train nothing and open no page
COVERAGE = $(shell grep -l diagnostics tests/test_*.py | xargs grep -LE \
	'^ *(from|import) (app|trainer|torch|playwright|streamlit|keras|lightning|transformers)|tests.test_app|browser') \
	$(addprefix tests/test_,$(addsuffix .py,ledger trial_file recommend recommend_hypergradient))

coverage:  ## branch coverage of diagnostics (minutes); fails under the share that pyproject.toml asks for
	$(PYTHON) -m coverage run -m pytest -q $(COVERAGE)
	$(PYTHON) -m coverage report

lint:  ## style, types
	ruff format --check .
	ruff check .
	mypy

format:  ## put the code into house style
	ruff format .
	ruff check --fix .

wheel:  ## build what pip installs into dist/
	$(PYTHON) -m hatchling build --target wheel --directory dist

site:  ## the README and docs/ as a site in docs/_build, built without a network
	$(PYTHON) -m sphinx -W -b html docs docs/_build

benchmarks:  ## measure again what docs/ reports (two hours); DATA=FILE has labeled histories
	for name in app canaries demonstration hypergradient outcomes reader regularizers scale sessions sizes soak stores trainer_overhead; do \
		$(PYTHON) -m tests.benchmarks.$$name --write || exit; \
	done
	-$(PYTHON) -m tests.benchmarks.recommendations --write  # exit code 1 says that a bar is missed
	-$(PYTHON) -m tests.benchmarks.tuning --write
	$(if $(DATA),$(PYTHON) -m tests.benchmarks.verdicts --data $(DATA) --write)
	$(if $(DATA),$(PYTHON) -m tests.benchmarks.outcomes --data $(DATA) --write)

screenshots:  ## take the pictures of docs/img/ again
	$(PYTHON) -m tests.screenshots

guide:  ## draw the pictures of the Guide page again, with the code that trains (minutes)
	$(PYTHON) -m tests.guide_pictures
