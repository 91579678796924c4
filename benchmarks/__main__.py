"""Run the benchmarks, all or those that are named: `python -m benchmarks [rerun first latency memory gradients]`."""

import argparse
import os
import signal
import sys
from importlib import import_module

NAMES = ("rerun", "first", "latency", "memory", "gradients")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure nnviz. No name: everything.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(NAMES)}")
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # an exit like any other: it ends the servers too
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        print(f"{'note':<10}the machine is busy (load {load:.1f} on {cores} cores): ratios suffer, times suffer more")
    for name in names:
        for line in import_module(f"benchmarks.{name}").measure():
            print(f"{name:<10}{line}", flush=True)


main()
