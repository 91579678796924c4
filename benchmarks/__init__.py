"""Benchmarks: nnviz against peers in one run, and against what its users would wait for. `python -m benchmarks`.

Every figure is a median, a ratio wherever there is a peer, and is printed beside its bar. Tests never assert one: a
busy machine is not a mistake in the code.
"""
