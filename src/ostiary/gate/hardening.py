"""Hardening the process that holds what is biometric.

Arrays of ours are overwritten in place (`erasure`). Copies that libraries make and free
again are met by glibc's `M_PERTURB`, under which `free` fills a block before anybody
can get it again; `cli.launch` extends that to small blocks. The inner tensors of the
runtimes are met by the `forget` of each model. What stays out of reach is listed in
docs/threat-model.md.
"""

import ctypes
import resource
from typing import Final

_M_PERTURB: Final = -6
"""`mallopt` parameter of glibc, malloc.h."""

_PR_SET_DUMPABLE: Final = 4
"""`prctl` option of Linux, linux/prctl.h."""

_FILL: Final = 0xFF
"""Freed blocks are filled with this byte; zero would switch the filling off."""


def harden_process() -> bool:
    """Keep this process's memory from outliving its use.

    No core dumps, no reading by other processes of the same account, and freed memory
    is filled at once.

    Returns:
        Whether all of it took. glibc fills freed memory; musl cannot.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None)
    hidden = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    mallopt = getattr(libc, "mallopt", None)
    return hidden and mallopt is not None and mallopt(_M_PERTURB, _FILL) == 1
