# Every target makes the environment it needs (a Python >= 3.10 and uv or pip are enough) and calls one script.
.PHONY: help demo test integrations test-ui slow partitioned check bench fidelity upstream torture matrix docs vendor fuzz

help:   ## what there is to make
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo:   ## a real conversation with a real local model, recorded and explained (REAL=1: the OpenAI API)
	@.ci/env python examples/demo.py $(if $(REAL),--real)

test:   ## the tests, on as many cores as there are
	@.ci/env pytest -n auto

test-ui: ## the viewer in a real Chromium, which is installed where there is none
	@.ci/browser

slow:   ## the tests that take long: the whole traffic, the full oracles, ten thousand streams
	@.ci/env pytest -n auto -m slow

partitioned: ## the tests of the store on PostgreSQL tables that are hash-partitioned by tract
	@THENCE_TEST_PARTITIONS=3 .ci/env pytest -n auto -k postgresql tests/store tests/tract tests/upkeep

check:  ## lint, format, types, layers, docs
	@.ci/check

bench:  ## figures: what a call costs its caller, how fast the store is fed and asked
	@.ci/bench

fidelity: ## what other tools record of the same calls, each in an environment of its own
	@.ci/env python benchmarks/fidelity.py

fuzz:   ## whatever a stranger may have written, fuzzed for SECONDS each (60), guided by coverage
	@.ci/env python -m tests.fuzz.run $(or $(SECONDS),60)

upstream: ## the provider SDKs' own tests, plain and with every client wrapped
	@.ci/env python -m tests.upstream.run

torture: ## everything that can break, broken, and the history checked: within the hour (SHORT=1: a little of everything)
	@.ci/env python -m tests.torture --json $(if $(SHORT),.torture.json --short,docs/reference/reliability.json)
	@$(if $(SHORT),true,.ci/env python -m tests.torture.report)

matrix: ## the seams and the laws on every Python and SDK release that is supported
	@.ci/env nox -s matrix table

integrations: ## every integration, tried with the real tool; a table
	@.ci/env python integrations/run.py

docs:   ## the documentation, served at http://127.0.0.1:8000 as it is written
	@.ci/env mkdocs serve

vendor: ## the libraries of the viewer's pages, from npm into the package
	@.ci/env python scripts/vendor.py
