"""TLS contexts, one a profile, and what the end of a TLS connection is worth.

Reads the named files; opens no connection, and knows no way to skip verification.
"""

from __future__ import annotations

import asyncio
import ssl

from limen.errors import ConfigError
from limen.net.settings import TlsProfile


def build_context(profile: TlsProfile, name: str = "") -> ssl.SSLContext:
    """Make the context of a profile: TLS 1.2 or newer, host names checked, HTTP/1.1 offered.

    Raises ConfigError, with the profile's name and the file at fault, if a file can't be read or used.
    """
    shown = f"TLS profile {name!r}" if name else "the default TLS profile"
    try:
        context = ssl.create_default_context(cafile=profile.ca_file)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{shown}: `ca_file` {profile.ca_file!r} can't be used: {_reason(exc)}") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if profile.cert_file is not None:
        try:
            # An encrypted key would make OpenSSL ask on the terminal; a server has nobody there to answer.
            context.load_cert_chain(profile.cert_file, profile.key_file, password=_no_password)
        except (OSError, ValueError) as exc:
            files = " and ".join(repr(file) for file in (profile.cert_file, profile.key_file) if file)
            raise ConfigError(f"{shown}: client certificate {files} can't be used: {_reason(exc)}") from exc
    elif profile.key_file is not None:
        raise ConfigError(f"{shown}: `key_file` {profile.key_file!r} needs a `cert_file` beside it")
    return context


def ended_cleanly(transport: asyncio.BaseTransport) -> bool:
    """Whether the end of a connection is the peer's word. In TLS anyone on the path can end it, but not sign the end."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is None:
        return True
    try:
        return not tls.read(1)
    except ssl.SSLZeroReturnError:
        return True
    except ssl.SSLError:
        return False


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one without a passphrase")


def _reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return exc.reason or "not a PEM file with what is needed"
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    return str(exc)
