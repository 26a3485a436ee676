#!/usr/bin/env bash
# Make .venv fit for a purpose: `scripts/setup.sh run` installs limen, `scripts/setup.sh test` also what tests,
# checks and benchmarks need, system packages included. Does nothing when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/machine.sh

purpose=${1:?usage: scripts/setup.sh run|test}
venv=.venv

# A stamp holds what an installation depends on, so that an edit of pyproject.toml installs again.
wanted() {
  echo "$1 $(sha256sum <pyproject.toml | cut -d' ' -f1) $(pwd)"
}

installed() {
  [[ -x $venv/bin/limen && -f $venv/.limen-$1 && $(<"$venv/.limen-$1") == "$(wanted "$1")" ]] \
    && "$venv/bin/python" -c '' 2>/dev/null
}

make_venv() {
  if [[ -x $venv/bin/python ]] && new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    return
  fi
  local python
  python=$(find_python) || fail "limen needs Python 3.11 or newer, and none was found. On Debian: apt-get install python3"
  need_venv_module "$python"
  say "Making a virtual environment in $venv with $("$python" --version)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
}

install() {
  local pip=("$venv/bin/python" -m pip --disable-pip-version-check install)
  say "Installing limen and what it needs$([[ $1 == test ]] && echo ' for tests' || true); the first time takes a minute or two"
  "${pip[@]}" --quiet --upgrade 'pip>=25.1' # the first that knows --group
  case $1 in
    run) "${pip[@]}" --editable . ;;
    test) "${pip[@]}" --editable . --group test --group check ;;
  esac
  wanted "$1" >"$venv/.limen-$1"
  say "Installed."
}

case $purpose in
  run) installed run || installed test || { make_venv && install run; } ;;
  test)
    installed test || { make_venv && install test; }
    need_command nginx nginx-light nginx
    need_command node nodejs
    ;;
  *) fail "unknown purpose '$purpose': say run or test" ;;
esac
