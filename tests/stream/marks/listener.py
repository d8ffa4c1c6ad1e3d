"""A server on this machine that remembers who asked for what: it should see nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Listener:
    """url: of its root. asked: methods and paths, in order. answers: bodies by path; a path of `->URL` redirects."""

    url: str
    asked: list[str] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[Listener]:
    told = Listener("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(f"{self.command} {self.path}")
            body = told.answers.get(self.path.partition("?")[0])
            if body is not None and body.startswith(b"->"):
                self.send_response(302)
                self.send_header("Location", body[2:].decode())
                self.end_headers()
                return
            first, last = self._range(len(body or b""))
            self.send_response(404 if body is None else 206 if self.headers["Range"] else 200)
            self.send_header("Content-Length", str(len((body or b"")[first:last])))
            self.end_headers()
            self.wfile.write((body or b"")[first:last])

        do_POST = do_HEAD = do_GET

        def _range(self, length: int) -> tuple[int, int]:
            if not self.headers["Range"]:
                return 0, length
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            return int(first), int(last) + 1 if last else length

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
