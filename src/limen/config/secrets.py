"""Where the keys of a `config:` block come from: ``$NAME`` of the environment, a file, or the text itself.

Reads the named files, and nothing else. What it raises names the variable, never what was found.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping

from limen.config.problems import Mistake
from limen.model.secret import Secret

ReadFile = Callable[[str], bytes | None]
MAX_FILE_BYTES = 64 * 1024

_REFERENCE = re.compile(r"\$\{?[A-Za-z_]\w*")
_PATH = re.compile(r"(?:/|~/|\.{1,2}/)")
_MEND = "write `$NAME` for an environment variable, the path of a file, or the key itself"


def read_secret_file(name: str) -> bytes | None:
    """The content of the regular file `name`, cut off just beyond the largest that is accepted; None if there is none.

    Raises OSError if it is there but can't be read.
    """
    try:
        if not stat.S_ISREG(os.stat(name).st_mode):
            return None
    except PermissionError:
        raise
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    with open(name, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def resolve(value: object, environ: Mapping[str, str], read_file: ReadFile) -> Secret:
    """The secret that `value` stands for. Raises Mistake."""
    if not isinstance(value, str):
        what = "is empty" if value is None else "is not a string"
        raise Mistake(f"The api key provided {what}", f"{_MEND}; put quotes round a key that is only digits")
    if value.startswith("$"):
        return Secret(_variable(value[1:], environ))
    try:
        content = read_file(value)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise Mistake(
            f"the file that should hold the key can't be read: {reason}", "look at its permissions"
        ) from error
    return Secret(value if content is None else _file_text(content))


def _variable(name: str, environ: Mapping[str, str]) -> str:
    bare = name[1:-1] if name.startswith("{") and name.endswith("}") else ""
    if bare:
        raise Mistake("an environment variable is written without braces", f"write `${bare}`")
    if not name:
        raise Mistake("the `$` names no environment variable", _MEND)
    value = environ.get(name)
    if not value:
        state = "is not set" if value is None else "is set, but empty"
        raise Mistake(
            f"Environment variable {name!r} {state}", f"{_MEND}; limen reads the environment it is started in"
        )
    return value


def _file_text(content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise Mistake(f"the file that should hold the key is larger than {MAX_FILE_BYTES} bytes", "name another file")
    try:
        # A file written by hand or by `echo` ends with a line break, which no header can carry.
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Mistake("the file that should hold the key is not text", "name another file") from error
    if not text.strip():
        raise Mistake("the file that should hold the key is empty", "write the key into it")
    return text


def looks_like_reference(value: object) -> bool:
    """Whether a text that is taken as it stands was probably meant as an environment variable."""
    return isinstance(value, str) and _REFERENCE.match(value) is not None


def looks_like_path(value: object) -> bool:
    """Whether a text that is taken as a key was probably meant as a file."""
    return isinstance(value, str) and _PATH.match(value) is not None
