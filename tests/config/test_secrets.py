"""Where keys come from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from limen.config.problems import Mistake
from limen.config.secrets import MAX_FILE_BYTES, looks_like_path, looks_like_reference, read_secret_file, resolve


def text_of(value: object, environ: dict[str, str] | None = None, files: dict[str, bytes] | None = None) -> str:
    return resolve(value, environ or {}, (files or {}).get).reveal()


def mistake(value: object, environ: dict[str, str] | None = None, files: dict[str, bytes] | None = None) -> str:
    with pytest.raises(Mistake) as caught:
        text_of(value, environ, files)
    return f"{caught.value}; {caught.value.hint}"


def test_a_text_is_the_key_itself() -> None:
    """What is neither a variable nor a file is taken as it stands."""
    assert text_of("sk-1") == "sk-1"


def test_a_dollar_names_a_variable() -> None:
    """All that follows it is the name; nothing inside a text is replaced."""
    assert text_of("$KEY", {"KEY": "sk-2"}) == "sk-2"
    assert text_of("a$KEY", {"KEY": "sk-2"}) == "a$KEY"


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n"])
def test_a_file_holds_the_key(ending: bytes) -> None:
    """Line breaks at its end are no part of the key: no header could carry them."""
    assert text_of("/run/key", files={"/run/key": b"sk-3" + ending}) == "sk-3"
    assert text_of("/run/key", files={"/run/key": b"\xef\xbb\xbfsk-3" + ending}) == "sk-3"


def test_missing_variables_are_named() -> None:
    """The message has MLflow's words, the name, and tells unset from empty."""
    assert "Environment variable 'KEY' is not set" in mistake("$KEY")
    assert "Environment variable 'KEY' is set, but empty" in mistake("$KEY", {"KEY": ""})
    assert "write `$KEY`" in mistake("${KEY}", {"KEY": "x"})
    assert "names no environment variable" in mistake("$")


@pytest.mark.parametrize("value", [12345, True, ["a"], {"a": 1}])
def test_what_is_no_text_is_no_key(value: object) -> None:
    """YAML makes a number of a key that is only digits; the message asks for quotes."""
    assert "The api key provided is not a string" in mistake(value)
    assert "quotes" in mistake(value)


def test_bad_files_are_explained() -> None:
    """Empty, too large, not text: each has its own sentence, and none shows the content."""
    assert "is empty" in mistake("f", files={"f": b"\n"})
    assert "larger than" in mistake("f", files={"f": b"x" * (MAX_FILE_BYTES + 1)})
    assert "is not text" in mistake("f", files={"f": b"sk-secret\xff"})
    assert "sk-secret" not in mistake("f", files={"f": b"sk-secret\xff"})
    assert "is empty" in mistake(None)


def test_a_file_that_cannot_be_read_is_explained() -> None:
    """The reason is the system's, without the key's text or a traceback."""

    def refuse(name: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(Mistake, match="can't be read: Permission denied"):
        resolve("/run/key", {}, refuse)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A directory, a pipe and a device are not waited for; names that no file can have are no files."""
    path = tmp_path / "key"
    path.write_bytes(b"x" * (MAX_FILE_BYTES * 2))
    content = read_secret_file(str(path))
    assert content is not None
    assert len(content) == MAX_FILE_BYTES + 1
    os.mkfifo(tmp_path / "pipe")
    for name in (
        str(tmp_path),
        str(tmp_path / "pipe"),
        "/dev/zero",
        str(tmp_path / "none"),
        f"{path}/x",
        "a\0b",
        "x" * 5000,
    ):
        assert read_secret_file(name) is None
    assert read_secret_file("") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_an_error(tmp_path: Path) -> None:
    """It is there, so its name must not be sent as the key."""
    path = tmp_path / "key"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(PermissionError):
        read_secret_file(str(path))


def test_texts_that_were_meant_otherwise_are_noticed() -> None:
    """A `$` and a path are probably not what they are taken for; a key or a URL is."""
    assert all(map(looks_like_reference, ["$HOST", "${HOST}", "$HOST/v1"]))
    assert not any(map(looks_like_reference, ["$5", "a$B", "$", 5, None]))
    assert all(map(looks_like_path, ["/etc/key", "./key", "../key", "~/key"]))
    assert not any(map(looks_like_path, ["sk-1/2", "key", ".", 5, None]))
