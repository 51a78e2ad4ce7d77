# `make` commands run in the environment that `run_tests` prepares (build/env); RELEASE chooses the upstream release.
RELEASE ?= $(shell cd utils && python3 -c "from overlay.layout import DEFAULT_RELEASE; print(DEFAULT_RELEASE)")
python = $(shell python3 utils/environment.py)
# The lock of a changed edit must be written before the fork can be built.
tools = $(shell python3 utils/environment.py --tools)
# Models run in the environment of their line; what reads and writes code alone needs no other than the newest's.
line_python = $(shell python3 utils/environment.py $(RELEASE))

.PHONY: release fork relock adopt edits discovery recall models consistency fixup check test parity older bench bugs report known merge
.PHONY: mutants prs burden facts

release: ## print the release that commands are about
	@echo $(RELEASE)

fork: ## build the fork after an edit
	cd utils && $(tools) -m overlay fork --release $(RELEASE)

relock: ## show what moved in upstream or in the overlay, and lock it
	cd utils && $(tools) -m overlay relock --release $(RELEASE)
	cd utils && $(tools) -m discovery relock --release $(RELEASE)

adopt: ## what a release of upstream means for the edits; pin and lock it if they apply (RELEASE=...)
	cd utils && $(python) -m adopt $(RELEASE)

prs: ## the series as patches for a release or a checkout (UPSTREAM=...), and the facts of each, in the folder OUT
	cd utils && $(python) -m prs "$(UPSTREAM)" "$(abspath $(OUT))" $(if $(ALONE),--alone)

burden: ## how much the edits are: lines by hand and by upstream's tools, series, models, and what each release cost
	cd utils && $(python) -m prs.burden --release $(RELEASE)

edits: ## list the edits and how many definitions each one reaches
	cd utils && $(tools) -m overlay edits --release $(RELEASE)

discovery: ## every RoPE definition of upstream, and which edit reaches it or why none needs to
	cd utils && $(python) -m discovery show --release $(RELEASE)

recall: ## the rules of discovery against the definitions that rotate when upstream's models run
	PYTHONPATH=build/upstream/$(RELEASE):utils $(line_python) -m discovery.recall --release $(RELEASE) $(MODELS)

models: ## models_changed.txt and tests/models against what the fork changes, both ways; first writes the tests of MODELS
	$(if $(MODELS),$(python) utils/model_tests.py $(MODELS))
	$(python) utils/changed_models.py

facts: ## what upstream and the fork make of RoPE keys, for `transformers-conformance doctor` (two minutes)
	cd utils && $(python) doctor_facts.py

consistency: ## generated definitions of the fork equal what their modular files and parents make
	cd utils && $(python) -m consistency --release $(RELEASE)

fixup: ## format and lint
	$(python) -m ruff check --fix . run_tests
	$(python) -m ruff format . run_tests

check: ## lint only
	$(python) -m ruff check . run_tests
	$(python) -m ruff format --check . run_tests

test: ## the tests of the machinery and of the conformance suite itself
	$(python) -m pytest tests/utils tests/loading tests/references conformance/tests -n auto --dist loadfile

parity: ## R7: outputs and gradients of pristine and fork, bit for bit (goes on where it was ended)
	PYTHONPATH=utils $(line_python) tests/parity.py --release $(RELEASE) $(MODELS)

older: ## configs in the forms of the 4.x releases mean on the fork what they mean there
	PYTHONPATH=utils $(python) tests/older_forms.py $(MODELS)

bench: ## the rotation of the fork against pristine's
	PYTHONPATH=utils $(line_python) benchmarks/rotation.py --release $(RELEASE)

bugs: ## what fails on upstream's releases, from what `./run_tests --pristine` and `--release` found
	python3 utils/upstream_bugs.py

known: ## count the expected failures of what run_tests found, and lock the counts
	cd utils && $(python) -m runner.known write

merge: ## the results of shards, from the folders SHARDS, become one set in build/results, which is judged as one run
	PYTHONPATH=utils $(python) -m runner.merge $(SHARDS)

report: ## build/report/index.html, models by properties, pristine beside fork, and data.json, from what run_tests found
	PYTHONPATH=utils $(python) -m report

mutants: ## small errors in the fork's rotary code, which the conformance checks must see (goes on where it was ended)
	PYTHONPATH=utils $(python) -m mutation --release $(RELEASE)
