"""The frame around every page: configuration, navigation, and what the address says that nobody understands."""

from pathlib import Path

import streamlit as st

from nnviz.web import controls

PAGES = Path(__file__).parents[2] / "pages"
ICON = Path(__file__).with_name("icon.png")  # a page's icon by name would be fetched from an outside server

home = st.Page(PAGES / "home.py", title="Home", default=True)
TOPICS = [
    st.Page(PAGES / "activations.py", title="Activations"),
    st.Page(PAGES / "softmax.py", title="Softmax"),
    st.Page(PAGES / "initializers.py", title="Initializers"),
    st.Page(PAGES / "gradient_flow.py", title="Gradient flow"),
]

page = st.navigation([home, *TOPICS], position="top")
st.set_page_config(page_title=f"{page.title} · nnviz", page_icon=ICON, layout="wide")
with controls.reading_the_address():
    page.run()
