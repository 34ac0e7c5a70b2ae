"""`python -m benchmarks`: run the benchmarks and print their tables."""

import argparse

from benchmarks import balances, importing, ledger, pages, rebuild, reports, stores
from benchmarks.report import show

_BENCHMARKS = {
    "rebuild": rebuild.run,
    "import": importing.run,
    "balance": balances.run,
    "report": reports.run,
    "ledger": ledger.run,
    "pages": pages.run,
}


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="?", choices=[*_BENCHMARKS, "all"], default="all")
    parser.add_argument("--journeys", type=int, default=100_000, help="size of the ledger, ten events each")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is measured")
    given = parser.parse_args()
    chosen = _BENCHMARKS if given.which == "all" else {given.which: _BENCHMARKS[given.which]}
    with stores.server() as server:
        for benchmark in chosen.values():
            for table in benchmark(server, given.journeys, given.runs):
                show(table)


if __name__ == "__main__":
    main()
