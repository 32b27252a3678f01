"""A proxy before a cluster, with TLS, that asks for a password or an API key."""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.opensearch.cluster import Cluster

USER, PASSWORD, API_KEY = "ann", "open:sesame@1", "the-key-of-ann"


@contextmanager
def tls_proxy(cluster: Cluster, folder: Path) -> Iterator[tuple[int, Path]]:
    """Forward requests that are authorized; gives the port on localhost, and the certificate of its authority."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split()
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") in (f"Basic {basic}", f"ApiKey {API_KEY}"):
                status, answer = self.ask_cluster(body)
            else:
                status, answer = 401, b'{"error": "unauthorized", "status": 401}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def ask_cluster(self, body: bytes) -> tuple[int, bytes]:
            headers = {"Content-Type": self.headers.get("Content-Type") or "application/json"}
            request = urllib.request.Request(cluster.urls[0] + self.path, body or None, headers, method=self.command)
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return response.status, response.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815 -- the names that the server looks for

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], certificate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
