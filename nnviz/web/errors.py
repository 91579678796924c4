"""Errors: one sentence for the visitor, the whole story for the log."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from nnviz.web.plain import unlinked

_log = logging.getLogger("nnviz")


@contextmanager
def explained() -> Iterator[None]:
    """Show the core's ValueError as the sentence it is; everything outside the block stays on the page."""
    try:
        yield
    except ValueError as refusal:
        st.error(unlinked(str(refusal)), icon=":material/error:")


def show(error: Exception) -> bool:
    """What Streamlit calls for an uncaught exception: the visitor gets a sentence and an id that the log repeats."""
    name = secrets.token_hex(4)
    _log.error("error %s", name, exc_info=error)
    st.error(
        f"This picture failed because of a mistake in nnviz, not of yours. Change a control or reload the page; "
        f"the log calls it error {name}.",
        icon=":material/error:",
    )
    return True
