"""The frame around every page: configuration, navigation, and what the address says that nobody understands."""

from pathlib import Path

import streamlit as st

from nnviz.web import controls

PAGES = Path(__file__).parents[2] / "pages"
ICON = Path(__file__).with_name("icon.png")  # a page's icon by name would be fetched from an outside server

CONTENTS = {
    "": [
        st.Page(PAGES / "home.py", title="Home", default=True),
        st.Page(PAGES / "gradient_flow.py", title="Gradient flow"),
    ],
    "Units": [
        st.Page(PAGES / "activations.py", title="Activations"),
        st.Page(PAGES / "why_activations.py", title="Why activations"),
        st.Page(PAGES / "dying_relu.py", title="Dying ReLU"),
        st.Page(PAGES / "softmax.py", title="Softmax"),
    ],
    "Networks": [
        st.Page(PAGES / "initializers.py", title="Initializers"),
        st.Page(PAGES / "networks.py", title="Networks"),
        st.Page(PAGES / "backpropagation.py", title="Backpropagation"),
        st.Page(PAGES / "linearity.py", title="Linearity"),
    ],
    "Learning": [
        st.Page(PAGES / "losses.py", title="Losses"),
        st.Page(PAGES / "descent.py", title="Gradient descent"),
    ],
}

page = st.navigation(CONTENTS, position="top")
st.set_page_config(page_title=f"{page.title} · nnviz", page_icon=ICON, layout="wide")
with controls.reading_the_address():
    page.run()
