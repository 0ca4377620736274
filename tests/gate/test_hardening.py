"""The process that holds what is biometric."""

import platform
import subprocess
import sys
import textwrap

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="fills with glibc only")
def test_a_hardened_process_dumps_no_core_and_fills_what_it_frees() -> None:
    """In a process of its own, since it cannot be taken back."""
    script = textwrap.dedent("""
        import ctypes, resource
        from ostiary.gate.hardening import harden_process
        assert harden_process()
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        libc = ctypes.CDLL(None)
        assert libc.prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        block = libc.malloc(50_000)
        guard = libc.malloc(50_000)  # keeps the block from going back to the system
        ctypes.memset(block, 0x41, 50_000)
        libc.free(block)
        # Near its end: what is allocated meanwhile may be cut off its beginning.
        assert ctypes.string_at(block + 44_000, 4000) == bytes([0xFF]) * 4000
    """)
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603 - ours
