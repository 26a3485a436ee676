#!/usr/bin/env bash
# Style and types. Every check runs, even after one has failed; the exit status tells whether all passed.
set -uo pipefail
cd "$(dirname "$0")/.."
source scripts/machine.sh

failed=()
check() {
  say "$*"
  ".venv/bin/$@" || failed+=("$1 ${2:-}")
}

check ruff check .
check ruff format --check .
check mypy
if ((${#failed[@]})); then
  fail "Not passed: $(printf '%s; ' "${failed[@]}" | sed 's/; $//')"
fi
