"""The command line: builds things, prints things, decides nothing."""

from ostiary.cli.launch import main

__all__ = ["main"]
