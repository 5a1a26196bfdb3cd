"""Speed beside named peers: every arm in a process of its own, all of one run, turn by turn.

Nothing here runs under pytest. `python -m tests.benchmarks.rules` and
`python -m tests.benchmarks.start` print their tables; docs/performance.md keeps what they gave.
"""
