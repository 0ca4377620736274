"""A reader of the pickles that weights come in; nothing in them is imported or run.

Python's own `pickle` can be told which functions to allow, but not which instructions,
and one of those makes it ask for all memory there is. This reader knows the few that
weights are written with. It makes strings, numbers, tuples, lists and dictionaries, and
what the caller's own functions make of those. What the instructions mean is told in
Python's `pickletools`.
"""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from ostiary.errors import ModelError


def read_pickle(
    stream: BinaryIO,
    names: Mapping[str, object],
    resolve: Callable[[object], object],
) -> object:
    """Read one pickle, and not a byte more.

    Args:
        stream: stands at the first byte; afterwards behind the last.
        names: what a global name, such as `collections OrderedDict`, stands for. What
            can be called is called with one tuple: the arguments in the pickle.
        resolve: makes something of a persistent identity.

    Returns:
        What was pickled. It may contain itself, and be deeper than recursion reaches:
        to be looked at, not printed or compared.

    Raises:
        ModelError: no pickle, or more in it than is known here; or `names` or `resolve`
            raise it.
    """
    try:
        return _Machine(stream, names, resolve).run()
    except (LookupError, ValueError) as error:
        raise ModelError("cannot load: no pickle of weights") from error


class _Machine:
    """What a pickle is written for: a stack, marks in it, and a memo."""

    def __init__(
        self,
        stream: BinaryIO,
        names: Mapping[str, object],
        resolve: Callable[[object], object],
    ) -> None:
        self._stream: Final = stream
        self._names: Final = names
        self._resolve: Final = resolve
        self._stack: list[object] = []
        self._below_marks: Final[list[list[object]]] = []
        self._memo: Final[dict[int, object]] = {}

    def run(self) -> object:
        while (code := self._take(1)) != _STOP:
            if code in _CONSTANTS:
                self.push(_CONSTANTS[code])
            else:
                _INSTRUCTIONS[code](self)
        (result,) = self._stack
        if self._below_marks:
            raise ModelError("cannot load: a mark is left in a pickle")
        return result

    def push(self, value: object) -> None:
        self._stack.append(value)

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def signed(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little", signed=True)

    def text(self) -> str:
        return self._take(self.unsigned(4)).decode()

    def named(self) -> object:
        """What a module and a name in it stand for; each has a line of its own."""
        module, name = self._stream.readline(), self._stream.readline()
        return self._names[f"{module.decode().strip()} {name.decode().strip()}"]

    def memorise(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def recalled(self, place: int) -> object:
        return self._memo[place]

    def resolved(self) -> object:
        return self._resolve(self._stack.pop())

    def mark(self) -> None:
        self._below_marks.append(self._stack)
        self._stack = []

    def since_mark(self) -> list[object]:
        """Take all that was pushed since the last mark, and the mark."""
        items = self._stack
        self._stack = self._below_marks.pop()
        return items

    def last(self, count: int) -> list[object]:
        """Take the last few that were pushed, in the order in which they were."""
        return [self._stack.pop() for _ in range(count)][::-1]

    def append(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ModelError("cannot load: something is put into no list")
        target.extend(items)

    def set_items(self, items: list[object]) -> None:
        target = self._stack[-1]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(target, dict) or not isinstance(key, str):
                raise ModelError("cannot load: no dictionary, or no name in it")
            if key in target:
                raise ModelError("cannot load: a name that comes twice")
            target[key] = value

    def called(self) -> object:
        function, arguments = self.last(2)
        if not callable(function) or not isinstance(arguments, tuple):
            raise ModelError("cannot load: something is called that is no function")
        return function(arguments)

    def _take(self, size: int) -> bytes:
        content = self._stream.read(size)
        if len(content) != size:
            raise ModelError("cannot load: a pickle is cut short")
        return content


_STOP: Final = b"."

_CONSTANTS: Final[Mapping[bytes, object]] = {
    b"N": None,
    b"\x88": True,
    b"\x89": False,
    b")": (),
}
"""What is pushed, where that is always the same."""

_INSTRUCTIONS: Final[Mapping[bytes, Callable[[_Machine], object]]] = {
    # The version of the format: the instructions themselves say enough.
    b"\x80": lambda machine: machine.unsigned(1),
    b"K": lambda machine: machine.push(machine.unsigned(1)),
    b"M": lambda machine: machine.push(machine.unsigned(2)),
    b"J": lambda machine: machine.push(machine.signed(4)),
    b"\x8a": lambda machine: machine.push(machine.signed(machine.unsigned(1))),
    b"X": lambda machine: machine.push(machine.text()),
    b"]": lambda machine: machine.push([]),
    b"}": lambda machine: machine.push({}),
    b"(": _Machine.mark,
    b"t": lambda machine: machine.push(tuple(machine.since_mark())),
    b"\x85": lambda machine: machine.push(tuple(machine.last(1))),
    b"\x86": lambda machine: machine.push(tuple(machine.last(2))),
    b"e": lambda machine: machine.append(machine.since_mark()),
    b"s": lambda machine: machine.set_items(machine.last(2)),
    b"u": lambda machine: machine.set_items(machine.since_mark()),
    b"q": lambda machine: machine.memorise(machine.unsigned(1)),
    b"r": lambda machine: machine.memorise(machine.unsigned(4)),
    b"h": lambda machine: machine.push(machine.recalled(machine.unsigned(1))),
    b"j": lambda machine: machine.push(machine.recalled(machine.unsigned(4))),
    b"c": lambda machine: machine.push(machine.named()),
    b"Q": lambda machine: machine.push(machine.resolved()),
    b"R": lambda machine: machine.push(machine.called()),
    # What would be put into an object's attributes is of no use here.
    b"b": lambda machine: machine.last(1),
}
"""All others."""
