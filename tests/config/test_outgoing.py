"""TLS and proxies towards the providers."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from checking import built, demo, errors, only
from limen.net.settings import TlsProfile


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A real authority, and a real certificate with its key."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("client")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    return tmp_path


def profiles(pem: Path, more: str = "") -> str:
    return f"tls:\n  profiles:\n    corp: {{ca_file: {pem}/ca.pem, client_cert_file: {pem}/client.pem}}\n{more}"


def test_profiles_reach_the_client_and_the_endpoints(pem: Path) -> None:
    """An endpoint names one; the others have the system's trust."""
    snapshot = built(f"endpoints:\n{demo('a', 'tls: corp')}{demo('b')}{profiles(pem)}")
    assert snapshot.net.tls == {"corp": TlsProfile(f"{pem}/ca.pem", f"{pem}/client.pem", None)}
    assert snapshot.endpoints["a"].provider.settings.tls_profile == "corp"
    assert snapshot.endpoints["b"].provider.settings.tls_profile == ""


def test_a_default_profile_is_for_all_that_name_none(pem: Path) -> None:
    """Open providers too."""
    snapshot = built(f"endpoints:\n{demo()}providers: {{demo: }}\n{profiles(pem, '  default: corp')}")
    assert snapshot.endpoints["chat"].provider.settings.tls_profile == "corp"
    assert snapshot.open_providers["demo"].settings.tls_profile == "corp"


def test_a_profile_that_is_not_there(pem: Path) -> None:
    """The nearest is named; where there is none, the way to add one."""
    problem = only(f"endpoints:\n{demo('a', 'tls: corb')}{profiles(pem)}")
    assert (problem.path, problem.hint) == ("endpoints[0].tls", "did you mean `corp`?")
    problem = only(f"endpoints:\n{demo()}tls: {{default: corp}}")
    assert (problem.path, problem.hint) == ("tls.default", "add it under `tls.profiles`")


def test_files_that_cannot_be_used_are_found_before_they_are_needed(pem: Path) -> None:
    """A path that leads nowhere and a file that is no certificate, each with its line."""
    (pem / "bad.pem").write_text("not a certificate")
    said = errors(
        f"endpoints:\n{demo()}tls:\n  profiles:\n    a: {{ca_file: {pem}/none.pem}}\n    b: {{client_cert_file: {pem}/bad.pem}}\n"
    )
    assert [line.split("`")[0] + line.split("`")[1] for line in said] == [
        "line 5: tls.profiles.a",
        "line 6: tls.profiles.b",
    ]
    assert "none.pem" in said[0]
    assert "bad.pem" in said[1]


def test_a_wrong_part_gives_no_errors_about_names() -> None:
    """Where the profiles can't be read, nobody knows which names there are."""
    (error,) = errors(f"endpoints:\n{demo('a', 'tls: corp')}tls: [corp]")
    assert "`tls`: this must be a mapping" in error


def test_proxies_come_from_the_environment() -> None:
    """As for any program; a wrong one stops the start, and its password is not shown."""
    snapshot = built(f"endpoints:\n{demo()}", environ={"HTTPS_PROXY": "http://proxy:3128"})
    assert snapshot.net.proxies.https.address == "proxy:3128"
    problem = only(f"endpoints:\n{demo()}", environ={"HTTPS_PROXY": "socks5://me:hunter22@proxy"})
    assert "`HTTPS_PROXY`" in problem.message
    assert "hunter22" not in str(problem)
