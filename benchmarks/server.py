"""A Streamlit server of our own: started on a free port, and always ended."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAIVE = Path(__file__).with_name("naive")
_PATIENCE = 120.0  # seconds until a server that does not answer counts as broken
_OPTIONS = ("--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false")


@dataclass(frozen=True)
class Server:
    """A running server. `page` is the path at which it shows the Activations page."""

    process: subprocess.Popen[bytes]
    port: int
    page: str

    @property
    def resident(self) -> float:
        """Resident memory in MB (Linux only)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def nnviz() -> AbstractContextManager[Server]:
    """The dashboard as `make run` serves it."""
    return _serve(["-m", "streamlit", "run", "app.py"], ROOT, "activations")


def naive() -> AbstractContextManager[Server]:
    """The Activations page of a newcomer, as plain Streamlit serves it: in its own directory no setting is found."""
    return _serve(["stock.py", "run", "activations.py"], NAIVE, "")


@contextmanager
def _serve(command: list[str], directory: Path, page: str) -> Iterator[Server]:
    """Yields as soon as the server answers a request; an open port is not enough, it opens before a warm-up ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command, f"--server.port={port}", *_OPTIONS],
            cwd=directory,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + _PATIENCE
            while not _answers(port, deadline - time.monotonic()):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"the server did not start:\n{log.read().decode(errors='replace')}")
                time.sleep(0.005)
            yield Server(process, port, page)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int, patience: float) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(0.1, patience))
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
