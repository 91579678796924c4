"""Figures: results of the core in, Plotly figures out. Nothing is computed here."""
