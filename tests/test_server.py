"""The server: cold, warm and broken starts, and visitors who come at the same time."""

import asyncio
import gc
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

import nnviz
from nnviz.web import warmup


@pytest.fixture
def keras_session(monkeypatch):
    """Whatever the lifespan does to this process is undone."""
    monkeypatch.setattr(keras.backend, "clear_session", keras.backend.clear_session)
    yield
    gc.unfreeze()


@pytest.fixture
def warm(keras_session):
    """Inside the application's lifespan."""
    with asyncio.Runner() as runner:
        lifespan = warmup.lifespan(None)
        runner.run(lifespan.__aenter__())
        yield
        runner.run(lifespan.__aexit__(None, None, None))


async def healthz():
    route = next(route for route in warmup.routes if route.path == "/healthz")
    answer = await route.endpoint(None)
    return answer.status_code, bytes(answer.body)


def test_the_health_check_passes_only_between_warm_up_and_shutdown(keras_session):
    async def life():
        before = await healthz()
        async with warmup.lifespan(None):
            during = await healthz()
        return before, during, await healthz()

    assert asyncio.run(life()) == ((503, b"not warm"), (200, b"warm"), (503, b"not warm"))


def test_the_server_says_that_it_is_warm(server):
    assert server.health() == (200, "warm")
    assert "nnviz is warm after" in server.log()


def test_visitors_never_disturb_each_others_models(warm):
    """Streamlit clears Keras' session after every run of every visitor, while others build and compute."""
    spec = nnviz.NetworkSpec(depth=12, width=8, batch=16, seed=3)
    digits = np.linspace(-1, 1, 32).reshape(4, 8)

    def build():
        starts = [keras.initializers.GlorotUniform(seed) for seed in range(12)]
        layers = [keras.layers.Dense(8, "tanh", kernel_initializer=start) for start in starts]
        return keras.Sequential([keras.Input((8,)), *layers])(digits).numpy()

    def compute():
        return nnviz.layer_gradients(spec).weight_norm

    expected = {build: build(), compute: compute()}
    done = threading.Event()

    def other_visitors():
        while not done.wait(0.001):
            keras.backend.clear_session()  # looked up at every call, as Streamlit does

    with ThreadPoolExecutor(5) as pool:
        clearing = pool.submit(other_visitors)
        work = [(job, pool.submit(job)) for _ in range(8) for job in expected]
        try:
            for job, future in work:
                np.testing.assert_array_equal(future.result(60), expected[job])
        finally:
            done.set()
        clearing.result(60)


BROKEN = {
    "import": "raise ImportError('scikit-learn is broken on purpose')",
    "warm-up": "class datasets:\n    def load_digits():\n        raise OSError('the digits are missing on purpose')",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_start_that_cannot_work_ends_loudly_and_never_opens_the_port(start_server, tmp_path, fault):
    (tmp_path / "sklearn.py").write_text(BROKEN[fault], encoding="utf-8")
    server = start_server(PYTHONPATH=str(tmp_path))
    latest = time.monotonic() + 120
    while server.process.poll() is None and time.monotonic() < latest:
        assert server.health() is None
        time.sleep(0.05)
    assert server.process.poll() not in (None, 0)
    assert "on purpose" in server.log()


def figures(url, page, query, together):
    """What a browser gets that opens `page?query`: the specification of every chart, in the page's order."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    specifications = []
    stream = url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(stream, subprotocols=["streamlit"], max_size=None, proxy=None) as socket:
        together.wait(30)
        socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(socket.recv(timeout=60))
            if answer.WhichOneof("type") == "script_finished":
                return specifications
            element = answer.delta.new_element
            assert element.WhichOneof("type") != "exception", element.exception.message
            if element.WhichOneof("type") == "plotly_chart":
                specifications.append(element.plotly_chart.spec)


def test_visitors_who_open_one_link_together_get_the_same_figures(server):
    query = "depth=7&seed=3&activation=tanh&width=20&freeze=true&axis=-9&axis=3"
    together = threading.Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        links = [query, query, query.replace("seed=3", "seed=4")]
        visitors = [pool.submit(figures, server.url, "gradient_flow", link, together) for link in links]
        first, second, other = (visitor.result(90) for visitor in visitors)
    assert len(first) > 1
    assert first == second
    assert first[0] != other[0]
    figure = json.loads(first[0])
    assert figure["layout"]["yaxis"]["range"] == [-9, 3]
    assert len(figure["data"][0]["text"]) == 8
