"""The way out: limen's own HTTP/1.1 client."""

from limen.net.client import Client
from limen.net.pool import PoolStats
from limen.net.proxy import ProxySettings
from limen.net.response import Response
from limen.net.settings import NetSettings, TlsProfile

__all__ = ["Client", "NetSettings", "PoolStats", "ProxySettings", "Response", "TlsProfile"]
