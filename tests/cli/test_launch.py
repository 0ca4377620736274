"""The command's process fills whatever it frees, however small."""

import os
import platform
import subprocess
import sys
import textwrap

import pytest

from ostiary.cli.launch import ENVIRONMENT


def output(script: str, environment: dict[str, str]) -> str:
    call = [sys.executable, "-c", textwrap.dedent(script)]
    return subprocess.run(  # noqa: S603 - ours
        call, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_command_starts_itself_with_that_environment() -> None:
    script = """
        import os
        import ostiary.cli.application as application
        from ostiary.cli import main
        application.run = lambda: print(os.environ["PYTHONMALLOC"], end="")
        main()
    """
    plain = {k: v for k, v in os.environ.items() if k not in ENVIRONMENT}
    assert output(script, plain) == "malloc"
    assert output(script, {**plain, **ENVIRONMENT}) == "malloc"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="fills with glibc only")
def test_small_blocks_and_small_objects_are_filled_when_freed() -> None:
    """Without the environment each of these keeps its content."""
    script = """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        kept = []
        for size in (64, 128, 500, 1000, 1024, 4096):
            block = libc.malloc(size)
            kept.append(libc.malloc(size))  # keeps it from merging with what follows
            ctypes.memset(block, 0x41, size)
            libc.free(block)
            # The allocator links free blocks in their first bytes.
            rest = ctypes.string_at(block, size)[32:]
            assert b"A" * 8 not in rest, size  # an address may hold one
        text = bytes([0x42]) * 200
        where = id(text)
        del text
        assert b"B" * 16 not in ctypes.string_at(where, 230)
        print("filled", end="")
    """
    assert output(script, {**os.environ, **ENVIRONMENT}) == "filled"
