"""A reader of the pickles that weights come in; nothing in them is imported or run.

Python's own `pickle` can be told which functions to allow, but not which instructions,
and one of those makes it ask for all memory there is. This reader knows the few that
weights are written with. It makes strings, numbers, tuples, lists and dictionaries, and
what the caller's own functions make of those.
"""

import pickletools
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, TypeAlias

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
    machine = _Machine(names, resolve)
    try:
        for instruction, argument, _ in pickletools.genops(stream):
            machine.step(instruction.name, argument)
        return machine.result()
    except (LookupError, ValueError) as error:
        raise ModelError("cannot load: no pickle of weights") from error


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
            raise ModelError("cannot load: a mark is left in a pickle")
        return result

    def step(self, instruction: str, argument: object) -> None:
        if instruction in _CONSTANTS:
            self.push(_CONSTANTS[instruction])
        else:
            _INSTRUCTIONS[instruction](self, argument)

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
            raise ModelError("cannot load: something is put into no list")
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
            raise ModelError("cannot load: something is called that is no function")
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
            raise ModelError("cannot load: no dictionary, no name, or a name twice")
        target[key] = value


_CONSTANTS: Final[Mapping[str, object]] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}
"""Instructions that push what is always the same."""

_Instruction: TypeAlias = Callable[[_Machine, object], None]

_INSTRUCTIONS: Final[Mapping[str, _Instruction]] = {
    "PROTO": _Machine.ignore,
    "STOP": _Machine.ignore,
    "BININT": _Machine.push,
    "BININT1": _Machine.push,
    "BININT2": _Machine.push,
    "LONG1": _Machine.push,
    "BINUNICODE": _Machine.push,
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
"""All others, by the names that Python's `pickletools` gives them."""
