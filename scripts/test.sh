#!/usr/bin/env bash
# Checks, then tests: pytest runs last, whatever the checks say, so that its summary is the last line. Arguments go to it.
set -uo pipefail
cd "$(dirname "$0")/.."
source scripts/machine.sh

status=0
scripts/check.sh || status=1
say "pytest $*"
.venv/bin/pytest "$@" || status=1
exit $status
