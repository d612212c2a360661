"""A small web server for one file, on this computer."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Server(ThreadingHTTPServer):
    """Serve `content`; take notes of the ranges that are asked for, and do what tests ask for.

    Attributes:
        breaks: how many bytes to send before the connection breaks, if any.
        ranges: whether to send parts.
        status: an error to answer with.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.breaks: int | None = None
        self.ranges = True
        self.status = 0
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if self.server.ranges else 0
        body = self.server.content[start:]
        status = self.server.status or (416 if not body else 206 if self.server.ranges else 200)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks])

    def log_message(self, *_: object) -> None:
        """Say nothing."""
