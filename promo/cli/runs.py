"""The commands of this group."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add these commands in order of use."""
