"""What `make fuzz` begins with; the fuzzer itself has an environment of its own."""

from fuzz.seeds import seeds
from fuzz.targets import TARGETS, feed


def test_every_reader_begins_with_inputs_of_the_vectors() -> None:
    begun = set()
    for name, data in seeds():
        feed(TARGETS[name], TARGETS[name].wrap(data))
        begun.add(name)
    assert begun == set(TARGETS)
