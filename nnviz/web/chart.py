"""The one door through which a figure reaches the page."""

import plotly.graph_objects as go
import streamlit as st

from nnviz.figures.table import as_csv, table_of

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def say(sentence: str) -> None:
    """A finding of the core, its verdict before the colon in bold."""
    verdict, colon, evidence = sentence.partition(":")
    st.markdown(f"**{verdict}:**{evidence}" if colon else sentence)


def show(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw `figure` in the theme's fonts and background, with its data below, folded away.

    `alt` states the main finding for those who cannot see the picture. The table is only made once it is opened.
    """
    st.plotly_chart(figure, key=f"chart-{key}", alt=alt, config=_CONFIG)
    name = f"data.{key}"
    with st.expander("Data", key=name, icon=":material/table:", type="compact", bind="query-params") as folded:
        if folded.open:
            table = table_of(figure)
            st.caption(alt)
            st.dataframe(table, hide_index=True, height=260)
            st.download_button("Download CSV", as_csv(table), f"nnviz-{key}.csv", "text/csv", key=f"csv-{key}")
