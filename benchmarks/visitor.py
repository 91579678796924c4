"""A visitor who speaks Streamlit's websocket protocol, as a browser does, and waits until the script has finished."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.server import Server

_PATIENCE = 60.0  # seconds


class Visitor:
    """`sliders` by label, those with one handle; `open` and `move` return milliseconds until `script_finished`."""

    def __init__(self, socket: websockets.ClientConnection, page: str) -> None:
        self._socket, self._page, self._page_hash = socket, page, ""
        self._values: dict[str, float] = {}
        self._query: dict[str, float] = {}
        self.sliders = {}

    async def open(self) -> float:
        taken = await self._rerun("")
        if not self.sliders:
            raise RuntimeError("the page shows no slider; it may have failed, its log says more")
        return taken

    async def move(self, label: str, value: float) -> float:
        slider, fragment = self.sliders[label]
        self._values[slider.id] = value
        if slider.query_param_key:
            self._query[slider.query_param_key] = value
        return await self._rerun(fragment)

    async def _rerun(self, fragment: str) -> float:
        message = BackMsg()
        asked = message.rerun_script
        asked.page_name, asked.page_script_hash = ("", self._page_hash) if self._page_hash else (self._page, "")
        asked.query_string = urlencode(self._query)
        asked.fragment_id = fragment
        for key, value in self._values.items():
            asked.widget_states.widgets.add(id=key).double_array_value.data[:] = [value]
        begun = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        await asyncio.wait_for(self._finished(), _PATIENCE)
        return (time.perf_counter() - begun) * 1e3

    async def _finished(self) -> None:
        async for raw in self._socket:
            message = ForwardMsg()
            message.ParseFromString(raw)
            match message.WhichOneof("type"):
                case "new_session":
                    self._page_hash = message.new_session.page_script_hash
                case "navigation":
                    self._page_hash = message.navigation.page_script_hash or self._page_hash
                case "delta":
                    self._look(message.delta)
                case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return
        raise RuntimeError("the server closed the connection")

    def _look(self, delta) -> None:
        element = delta.new_element
        match element.WhichOneof("type"):
            case "slider" if len(element.slider.default) == 1:
                self.sliders[element.slider.label] = element.slider, delta.fragment_id
            case "exception":
                raise RuntimeError(f"the page shows an exception: {element.exception.message}")


@asynccontextmanager
async def visit(server: Server) -> AsyncIterator[Visitor]:
    """A visitor who is connected to the server and has asked for nothing yet."""
    url = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    async with websockets.connect(
        url, subprotocols=["streamlit"], max_size=None, proxy=None, open_timeout=_PATIENCE
    ) as socket:
        yield Visitor(socket, server.page)
