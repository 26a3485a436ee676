# Every target does its own set-up and says what it does. See CONTRIBUTING.md.
#
#   make run                    serve; CONFIG=file.yaml, HOST=, PORT= and WORKERS= are passed on
#   make test                   style, types and all tests; PYTEST="-k sse" is passed on to pytest
#   make check                  style and types alone
#   make bench                  measure limen beside nginx and other gateways; BENCH="--quick" is passed on
#   make clean                  remove the virtual environment and everything that was built

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check bench clean

START := $(if $(CONFIG),--config-path "$(CONFIG)") $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)") \
  $(if $(WORKERS),--workers "$(WORKERS)")

help:
	@sed -n 's/^#   //p' Makefile

# `exec`, so that a signal reaches limen itself.
run:
	@scripts/setup.sh run
	@exec .venv/bin/limen start $(START)

test:
	@scripts/setup.sh test
	@scripts/test.sh $(PYTEST)

check:
	@scripts/setup.sh test
	@scripts/check.sh

bench:
	@scripts/setup.sh test
	@exec .venv/bin/python -m bench $(BENCH)

clean:
	rm -rf .venv build dist bench/results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
