"""Real servers in processes of their own, each with the same routes: nginx, uvicorn and Node's http.

`POST /echo` returns the body; `GET /stream` sends 50 events in a chunked reply; `GET /close` ends the connection.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

UVICORN = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = [(b"connection", b"close")] if scope["path"] == "/close" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/stream":
        for n in range(50):
            await send({"type": "http.response.body", "body": b"data: %d\\n\\n" % n, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""

NODE = """
require('http').createServer((req, res) => {
  const parts = [];
  req.on('data', (d) => parts.push(d));
  req.on('end', () => {
    if (req.url === '/close') res.setHeader('connection', 'close');
    if (req.url !== '/stream') return res.end(Buffer.concat(parts));
    for (let n = 0; n < 50; n++) res.write(`data: ${n}\\n\\n`);
    res.end();
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
"""

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 64m; client_body_buffer_size 64m;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_http_version 1.1; proxy_buffering off; }}
  }}
}}
"""


def free_port() -> int:
    """A TCP port that is free at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """Run a server until the end of the block; enters once it listens."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _await_listener(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _await_listener(process: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on {port}")


@contextlib.contextmanager
def uvicorn(folder: Path) -> Iterator[int]:
    """Run uvicorn; the value is its port. `folder` is for files, here of none."""
    port = free_port()
    with running([sys.executable, "-c", UVICORN, str(port)], port):
        yield port


@contextlib.contextmanager
def node(folder: Path) -> Iterator[int]:
    """Run Node's http server; the value is its port. `folder` is for files, here of none."""
    port = free_port()
    with running(["node", "-e", NODE, str(port)], port):
        yield port


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Run nginx before a Node server; the value is nginx's port."""
    with node(folder) as behind:
        port = free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, behind=behind))
        with running([_nginx(), "-c", str(config), "-e", str(folder / "start.log")], port):
            yield port


def _nginx() -> str:
    # Debian keeps it in /usr/sbin, which is not on the path of ordinary users.
    return shutil.which("nginx") or "/usr/sbin/nginx"
