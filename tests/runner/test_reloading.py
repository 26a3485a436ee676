"""The configuration over time: what is told to the workers, and what stays."""

from __future__ import annotations

import pytest

from limen.errors import ConfigError
from limen.runner.control import ConfigFailed, Serve
from limen.runner.reloading import LOOK_SECONDS, LOOK_SECONDS_WHILE_MOVING, Configuration
from wordservice import WordService


@pytest.fixture
def configuration(file) -> Configuration:
    return Configuration(str(file), WordService())


def settled(configuration: Configuration) -> Serve | ConfigFailed | None:
    return configuration.look(0.0) or configuration.look(10.0)


def test_nothing_good_to_begin_with_raises(tmp_path, file) -> None:
    """Neither a missing nor a bad file can be served."""
    with pytest.raises(ConfigError, match="does not exist"):
        Configuration(str(tmp_path / "none"), WordService())
    file.write_text("{}")
    with pytest.raises(ConfigError, match="bad words"):
        Configuration(str(file), WordService())


def test_a_change_is_told_with_its_text(configuration, file) -> None:
    """The workers get what was read, under a new number."""
    assert settled(configuration) is None
    file.write_text('{"word": "two"}')
    assert settled(configuration) == Serve(1, '{"word": "two"}', str(file))
    assert configuration.snapshot.net == "two"
    assert settled(configuration) is None


def test_the_same_content_is_no_change(configuration, file) -> None:
    """A file that was touched or written again tells nobody anything."""
    file.write_text(file.read_text())
    assert settled(configuration) is None


def test_a_reload_is_always_told(configuration, file) -> None:
    """Asked for, the same content is served anew: files that it names may have changed."""
    assert configuration.reload() == Serve(1, file.read_text(), str(file))
    assert configuration.reload().number == 2


def test_a_refusal_keeps_what_is_good(configuration, file) -> None:
    """A bad file is refused once, and the old content again is news: it clears the refusal."""
    good = file.read_text()
    file.write_text("{}")
    order = settled(configuration)
    assert isinstance(order, ConfigFailed)
    assert configuration.refused == order.message
    assert configuration.content.text == good
    assert settled(configuration) is None
    file.write_text(good)
    assert settled(configuration) == Serve(1, good, str(file))
    assert configuration.refused is None


def test_a_missing_file_and_a_bug_are_refusals(configuration, file) -> None:
    """Whatever goes wrong while building, the service goes on."""
    file.write_text('{"word": "bug"}')
    assert "a bug in the service" in settled(configuration).message
    file.unlink()
    assert "does not exist" in settled(configuration).message
    assert isinstance(configuration.reload(), ConfigFailed)
    assert configuration.snapshot.net == "one"


def test_looks_more_often_while_the_file_moves(configuration, file) -> None:
    """A change is taken up soon after it has settled; without a file there is nothing to look at."""
    assert configuration.patience == LOOK_SECONDS
    file.write_text('{"word": "two"}')
    configuration.look(0.0)
    assert configuration.patience == LOOK_SECONDS_WHILE_MOVING
    assert Configuration(None, WordService()).patience is None
