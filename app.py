"""nnviz, the ASGI application. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from nnviz.web import errors, warmup

app = st.App(
    Path(__file__).parent / "nnviz" / "web" / "dashboard.py",
    lifespan=warmup.lifespan,
    routes=warmup.routes,
    on_script_error=errors.show,
)
