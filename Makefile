# Taproom's commands. `make run` and `make test` work on a bare machine; `make help` lists the rest.
.DEFAULT_GOAL := help
python := .venv/bin/python
# tests of one file share what they set up, so a file stays in one process
parallel := -n auto --dist loadfile

# make run REVIEWS=my.csv INPUT=my-input.json FORCE=1
REVIEWS ?=
INPUT ?=
FORCE ?=

# make bench SIZE=200000 PARTS=quality,scaling RECIPE_EPOCHS=2 SIZES=100000,1000000,10000000
SIZE ?=
PARTS ?=
RECIPE_EPOCHS ?=
SIZES ?=

# make chaos ROW="TrainRanking: no capacity twice"
ROW ?=
chaos = $(if $(filter mutations,$(ROW)),-n auto --dist load tests/chaos/test_mutations.py,$(if $(ROW),-n 0 \
	"tests/chaos/test_chaos.py::test_row[$(ROW)]",-n auto --dist load tests/chaos/test_chaos.py))

.PHONY: help run deploy-local test test-fast test-long chaos bench lint render lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

run: ## retrain on this machine: REVIEWS=file (default: generated beer reviews) INPUT=execution input (JSON file) FORCE=1 (although nothing is new)
	@requirements/install.sh run
	@$(python) -m taproom run $(if $(REVIEWS),--reviews "$(REVIEWS)") $(if $(INPUT),--input "$(INPUT)") \
		$(if $(filter-out 0 no false,$(FORCE)),--force)

deploy-local: ## the way to AWS, here: sam build, validate and deploy into the local AWS, aws s3 cp: REVIEWS=file
	@requirements/install.sh run
	@requirements/install.sh sam
	@$(python) -m taproom deploy-local $(if $(REVIEWS),--reviews "$(REVIEWS)")

test: ## lint and the tests, but for those of chaos and test-long
	@{ requirements/install.sh sam && requirements/install.sh scan; } & clis=$$!; \
		requirements/install.sh dev || { kill $$clis; exit 1; }; wait $$clis
	@$(MAKE) --no-print-directory lint
	@$(python) -m pytest $(parallel) -m "not chaos and not long"

test-fast: ## the tests without TensorFlow and real jobs
	@requirements/install.sh dev
	@$(python) -m pytest $(parallel) -m "not slow and not chaos and not long"

test-long: ## what make test leaves out for its time: more data, more kills, more inputs
	@requirements/install.sh sam
	@requirements/install.sh dev
	@$(python) -m pytest $(parallel) -m long

chaos: ## the fault suite, with its table: ROW="name of a row" plays that one alone, ROW=mutations shows that rows can fail
	@requirements/install.sh dev
	@$(python) -m pytest -q --show-capture=no --tb=short $(chaos)

bench: ## measure beside ALS, EASE, tuned MF and the tutorial's recipe: REVIEWS= INPUT= SIZE= PARTS= SIZES= RECIPE_EPOCHS= (docs/bench.md)
	@requirements/install.sh bench
	@.venv-bench/bin/python -m bench $(if $(REVIEWS),--reviews "$(REVIEWS)") $(if $(INPUT),--input "$(INPUT)") \
		$(if $(SIZE),--size $(SIZE)) $(if $(PARTS),--parts $(PARTS)) $(if $(SIZES),--sizes $(SIZES)) \
		$(if $(RECIPE_EPOCHS),--recipe-epochs $(RECIPE_EPOCHS))

lint: ## code style, and whether names are there and types fit
	@requirements/install.sh dev
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy

render: ## write statemachine/retraining.asl.json from statemachine/definition.py, its pictures and the parameters in docs/
	@requirements/install.sh dev
	@$(python) -m statemachine.render
	@$(python) -m taproom.graph.docs
	@$(python) docs/parameters.py

lock: ## resolve pyproject.toml anew into requirements/*.lock (needs uv)
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --extra dev \
		--custom-compile-command "make lock" pyproject.toml -o requirements/dev.lock
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes -c requirements/dev.lock \
		--custom-compile-command "make lock" pyproject.toml -o requirements/run.lock
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --extra bench -c requirements/dev.lock \
		--custom-compile-command "make lock" pyproject.toml -o requirements/bench.lock
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements/sam.in -o requirements/sam.lock
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements/scan.in -o requirements/scan.lock

clean: ## remove what runs left behind (.taproom, runs), but not .venv
	@if [ -e .taproom/aws/server.json ]; then $(python) -m taproom aws down; fi
	rm -rf .taproom runs .aws-sam bench/results
