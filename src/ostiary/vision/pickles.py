"""A reader of the pickles that weights come in; nothing in them is imported or run.

Python's own `pickle` can be told which functions to allow, but not which instructions,
and one of those makes it ask for all memory there is. This reader knows the few that
weights are written with. It makes strings, numbers, tuples, lists and dictionaries, and
what the caller's own functions make of those.
"""

import pickletools
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

_Instruction = Callable[["_Machine", object], None]


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

    Raises:
        LookupError: a name or an instruction that is not known here.
        ValueError: no pickle, or `names` and `resolve` refuse what they are given.
    """
    machine = _Machine(names, resolve)
    for instruction, argument, _ in pickletools.genops(stream):
        _INSTRUCTIONS[instruction.name](machine, argument)
    return machine.result()


class _Machine:
    """What a pickle is written for: a stack, marks in it, and a memo."""

    def __init__(
        self, names: Mapping[str, object], resolve: Callable[[object], object]
    ) -> None:
        self._names: Final = names
        self._resolve: Final = resolve
        self._stack: list[object] = []
        self._below_marks: Final[list[list[object]]] = []
        self._memo: Final[dict[object, object]] = {}

    def result(self) -> object:
        (result,) = self._stack
        if self._below_marks:
            raise ValueError("a mark is left")
        return result

    def ignore(self, argument: object) -> None:
        """Leave everything as it is."""

    def push(self, value: object) -> None:
        self._stack.append(value)

    def push_named(self, name: object) -> None:
        self.push(self._names[str(name)])

    def push_resolved(self, _: object) -> None:
        self.push(self._resolve(self._stack.pop()))

    def mark(self, _: object) -> None:
        self._below_marks.append(self._stack)
        self._stack = []

    def memorise(self, place: object) -> None:
        self._memo[place] = self._stack[-1]

    def recall(self, place: object) -> None:
        self.push(self._memo[place])

    def tuple_since_mark(self, _: object) -> None:
        self.push(tuple(self._take_since_mark()))

    def tuple_of_one(self, _: object) -> None:
        self.push((self._stack.pop(),))

    def tuple_of_two(self, _: object) -> None:
        second, first = self._stack.pop(), self._stack.pop()
        self.push((first, second))

    def append_since_mark(self, _: object) -> None:
        items = self._take_since_mark()
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ValueError("no list to append to")
        target.extend(items)

    def set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set(key, value)

    def set_since_mark(self, _: object) -> None:
        items = self._take_since_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._set(key, value)

    def call(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not callable(function) or not isinstance(arguments, tuple):
            raise ValueError("no call")
        self.push(function(arguments))

    def drop(self, _: object) -> None:
        """What would be put into an object's attributes is of no use here."""
        self._stack.pop()

    def _take_since_mark(self) -> list[object]:
        items = self._stack
        self._stack = self._below_marks.pop()
        return items

    def _set(self, key: object, value: object) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or not isinstance(key, str) or key in target:
            raise ValueError("no dictionary of strings, or a key that comes twice")
        target[key] = value


_INSTRUCTIONS: Final[Mapping[str, _Instruction]] = {
    "PROTO": _Machine.ignore,
    "STOP": _Machine.ignore,
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "BININT": _Machine.push,
    "BININT1": _Machine.push,
    "BININT2": _Machine.push,
    "LONG1": _Machine.push,
    "BINUNICODE": _Machine.push,
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "MARK": _Machine.mark,
    "TUPLE": _Machine.tuple_since_mark,
    "TUPLE1": _Machine.tuple_of_one,
    "TUPLE2": _Machine.tuple_of_two,
    "APPENDS": _Machine.append_since_mark,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_since_mark,
    "BINPUT": _Machine.memorise,
    "LONG_BINPUT": _Machine.memorise,
    "BINGET": _Machine.recall,
    "LONG_BINGET": _Machine.recall,
    "GLOBAL": _Machine.push_named,
    "BINPERSID": _Machine.push_resolved,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.drop,
}
"""By the names that Python's `pickletools` gives them."""
