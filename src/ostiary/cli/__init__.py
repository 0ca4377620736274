"""The command line: builds things, prints things, decides nothing."""

from ostiary.cli.application import main

__all__ = ["main"]
