# What set-up needs to know of the machine, and to ask of it. Sourced, not run.

say() {
  if [[ -t 2 ]]; then printf '\033[1m==> %s\033[0m\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi
}

fail() {
  say "$*"
  exit 1
}

new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The machine's own default first, then the oldest version that will do: it has wheels for everything.
find_python() {
  local name
  for name in "${PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14; do
    if command -v "$name" >/dev/null && new_enough "$name"; then
      echo "$name"
      return
    fi
  done
  return 1
}

# Debian splits `venv` off from Python.
need_venv_module() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null && return
  local version
  version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  say "Python's venv module is not installed"
  install_package "$version-venv" || install_package python3-venv \
    || fail "Install it as root, then try again: apt-get install $version-venv"
}

# need_command COMMAND PACKAGE...: the first package that can be installed. Without it set-up goes on: only the tests that
# use it will say that they can't run.
need_command() {
  local command=$1 package
  shift
  command -v "$command" >/dev/null || [[ -x /usr/sbin/$command ]] && return
  say "'$command' is not installed; some tests need it"
  for package in "$@"; do
    install_package "$package" && return
  done
  say "Could not install it. Tests that need '$command' will be skipped until you run, as root: apt-get install ${*: -1}"
}

install_package() {
  local as_root=()
  command -v apt-get >/dev/null || return 1
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || return 1
    # Without a terminal there is nobody to type a password.
    if [[ -t 0 ]]; then as_root=(sudo); else as_root=(sudo -n); fi
    "${as_root[@]}" true 2>/dev/null || return 1
  fi
  say "Installing the system package $1"
  if [[ -z ${apt_updated:-} ]]; then
    "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are here"
    apt_updated=1
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"
}
