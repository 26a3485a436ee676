"""How the gateway connects to providers: TLS profiles from the file, proxies from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from limen.config.findings import Findings
from limen.config.problems import Path
from limen.config.schema import TlsPart, nearest
from limen.errors import ConfigError
from limen.net.proxy import ProxySettings
from limen.net.settings import NetSettings, TlsProfile
from limen.net.tls import build_context


class TlsNames:
    """The profiles that endpoints may name. Without a `part` the section itself is wrong, and no name is judged by it."""

    def __init__(self, part: TlsPart | None, findings: Findings) -> None:
        self._part = part
        self._findings = findings
        if part is not None and part.default is not None:
            self.checked(part.default, ("tls", "default"))

    def checked(self, name: object, path: Path) -> str:
        """The profile of an endpoint that names `name` at `path`; empty for the system's own trust."""
        if self._part is None:
            return ""
        if not isinstance(name, str):
            return self._part.default or ""
        if name not in self._part.profiles:
            hint = nearest(name, self._part.profiles) or "add it under `tls.profiles`"
            self._findings.error(path, f"there is no TLS profile {name!r}", hint)
        return name


def read_net(part: TlsPart | None, environ: Mapping[str, str], findings: Findings) -> NetSettings:
    """The settings of the client. Certificates are loaded once here, so that a bad file is found before it is needed."""
    profiles = {}
    for name, given in (part.profiles if part else {}).items():
        profile = TlsProfile(given.ca_file, given.client_cert_file, given.client_key_file)
        try:
            build_context(profile, name)
        except ConfigError as error:
            findings.error(("tls", "profiles", name), error.message, "look at the path and at what is in the file")
        profiles[name] = profile
    try:
        proxies = ProxySettings.from_environ(environ)
    except ConfigError as error:
        findings.outside("", f"the environment is wrong: {error.message}")
        proxies = ProxySettings()
    return NetSettings(tls=profiles, proxies=proxies)
