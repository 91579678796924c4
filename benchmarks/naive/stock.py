"""Streamlit as `pip install streamlit` gives it: without what `streamlit[performance]` adds.

python stock.py run script.py
"""

import sys

for package in ("uvloop", "httptools", "orjson"):
    sys.modules[package] = None  # makes an import of it fail as if it were not installed

from streamlit.web.cli import main  # noqa: E402

main()
