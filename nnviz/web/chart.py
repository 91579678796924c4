"""The one door through which a figure reaches the page."""

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def say(sentence: str) -> None:
    """A finding of the core, its verdict before the colon in bold."""
    verdict, colon, evidence = sentence.partition(":")
    st.markdown(f"**{verdict}:**{evidence}" if colon else sentence)


def show(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw `figure` in the theme's fonts and background; `alt` states its main finding for those who cannot see it."""
    st.plotly_chart(figure, key=f"chart-{key}", alt=alt, config=_CONFIG)
