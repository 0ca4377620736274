"""Where the `ostiary` command begins: with memory that is overwritten when it is freed.

Python keeps small objects in pools of its own, and glibc keeps blocks of up to a
kilobyte in a cache: neither is reached by `M_PERTURB` (docs/adr/0012). Both can be told
otherwise only before a process starts, so the command starts itself once more.
"""

import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INTERRUPTED: Final = 130
"""Exit code of a command that was interrupted from the keyboard."""

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Every object comes from malloc, and goes back to free.
        "PYTHONMALLOC": "malloc",
        # Every freed block is filled, and none is kept in the cache that is not.
        "GLIBC_TUNABLES": "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0",
    }
)


def main() -> None:
    """Run the command line in a process that overwrites what it frees."""
    if not ENVIRONMENT.items() <= os.environ.items():
        arguments = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, arguments, {**os.environ, **ENVIRONMENT})  # noqa: S606 - itself
    try:
        # Only now: nothing of a face may be in memory before.
        from ostiary.cli.application import run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
