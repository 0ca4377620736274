"""Overwriting what was biometric, and hardening the process that holds it.

Arrays that the gate owns are overwritten in place. Copies that libraries make and free
again are met by glibc's `M_PERTURB`, under which `free` fills a block before anybody
can get it again; `cli.launch` extends that to small blocks. The inner tensors of the
runtimes are met by the `forget` of each model. What stays out of reach is listed in
docs/threat-model.md.
"""

import ctypes
import resource
from typing import Final

import numpy as np
from numpy.typing import NDArray

_M_PERTURB: Final = -6
"""`mallopt` parameter of glibc, malloc.h."""

_PR_SET_DUMPABLE: Final = 4
"""`prctl` option of Linux, linux/prctl.h."""

_FILL: Final = 0xFF
"""Freed blocks are filled with this byte; zero would switch the filling off."""


def overwrite(*arrays: NDArray[np.generic]) -> None:
    """Fill arrays of any numeric type with zeros, in place."""
    for array in arrays:
        array.fill(0)


def harden_process() -> bool:
    """Keep this process's memory from outliving its use.

    No core dumps, no reading by other processes of the same account, and freed memory
    is filled at once.

    Returns:
        Whether the C library fills freed memory (glibc does; musl cannot).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    mallopt = getattr(libc, "mallopt", None)
    return mallopt is not None and mallopt(_M_PERTURB, _FILL) == 1
