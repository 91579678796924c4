"""For all tests: the same examples in every run, and a served dashboard for those that ask for one."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
START_SECONDS = 120  # TensorFlow's first import on a cold disk

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up log would bury a failure

# No deadline: the first call of a TensorFlow function is always slow.
settings.register_profile("nnviz", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("nnviz")


class Server:
    """`streamlit run app.py` in a process of its own, on a free port of this machine only."""

    def __init__(self, log: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        flags = [f"--server.port={self.port}", "--server.address=127.0.0.1", "--server.headless=true"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *flags],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def health(self) -> tuple[int, str] | None:
        """What `/healthz` answers, or None while the port is closed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return None
        finally:
            connection.close()

    def wait_until_warm(self) -> "Server":
        latest = time.monotonic() + START_SECONDS
        while self.health() != (200, "warm"):
            if self.process.poll() is not None or time.monotonic() > latest:
                raise RuntimeError(f"the dashboard did not start; its log:\n{self.log()}")
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """A function that starts a server with additional environment variables; all of them end with the session."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        started.append(Server(tmp_path_factory.mktemp("server") / "log.txt", **environment))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server]) -> Iterator[Server]:
    """One warm server for the whole session; whatever the tests did to it, its log holds no traceback."""
    server = start_server().wait_until_warm()
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()
