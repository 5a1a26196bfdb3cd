"""Speed beside named peers: arms in processes of their own, all of one run, turn by turn.

Nothing here runs under pytest. `python -m tests.benchmarks.rules`,
`python -m tests.benchmarks.start` and `python -m tests.benchmarks.uptake` print their tables;
docs/performance.md keeps what they gave.
"""
