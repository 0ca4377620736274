"""A door on the pins of a small computer: a relay, a contact, light beams.

The relay is energised to let somebody through, and for nothing else: a computer without
power, or one that has died, releases nothing through it. Sensors are closed circuits to
ground, with the computer's own pull-up: a wire that is cut reads as a door that stands
open, or as somebody who stands in the beam. Needs the extra `gpio`.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from ostiary.actuators.counting import PassageCounter
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.terms import Contact, Doorway, ReleaseCause

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice, DigitalOutputDevice, Factory

BACKSTOP_SECONDS: Final = 1.0
"""After the time to pass, the relay lets go by itself if the gate has not said so."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which pins, by their Broadcom number.

    Attributes:
        relay: drives the relay.
        relay_active_high: whether the relay is energised by a high level.
        contact: closed to ground while the door is shut; None: there is none.
        beams: closed to ground while nothing breaks them; none, one, or two in the
            order of going in.
        release: closed to ground until the wired emergency release is used; None: it
            tells nothing here.
        supply: closed to ground while the lock has power; None: nothing tells.
    """

    relay: int
    relay_active_high: bool
    contact: int | None = None
    beams: Sequence[int] = ()
    release: int | None = None
    supply: int | None = None


class GpioDoor:
    """A door on pins.

    Args:
        wiring: which ones.
        seconds: how long the relay stays energised without another order.
        make_factory: of gpiozero's pin factories; by default the one for lgpio, and no
            other takes its place.

    Raises:
        ActuatorError: there are no such pins here, or something else holds them.
        ConfigurationError: the extra is not installed.
    """

    def __init__(
        self,
        wiring: Wiring,
        seconds: float,
        make_factory: "Callable[[], Factory] | None" = None,
    ) -> None:
        self._seconds = seconds
        self._gpiozero = _library("gpiozero")
        self._pin_error: type[Exception] = _library("lgpio").error
        self._held = ExitStack()
        self._counter = PassageCounter(len(wiring.beams))
        self._timer: threading.Timer | None = None
        with ExitStack() as undo, self._errors():
            undo.callback(self._held.close)
            factory = make_factory() if make_factory else _lgpio()
            self._held.callback(factory.close)
            self._relay = self._output(wiring, factory)
            contact = wiring.contact
            self._contact = None if contact is None else self._input(contact, factory)
            self._beams = [self._input(pin, factory) for pin in wiring.beams]
            self._releases = {
                cause: self._input(pin, factory)
                for cause, pin in (
                    (ReleaseCause.WIRED, wiring.release),
                    (ReleaseCause.SUPPLY, wiring.supply),
                )
                if pin is not None
            }
            self._count_beams()
            undo.pop_all()

    def open(self) -> None:
        """Energise the relay, for a second more than the time to pass at most.

        Raises:
            ActuatorError: the pin did not take it.
        """
        self._stop_timer()
        self._switch(on=True)
        self._timer = threading.Timer(self._seconds + BACKSTOP_SECONDS, self._let_fall)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Let the relay fall.

        Raises:
            ActuatorError: the pin did not take it.
        """
        self._stop_timer()
        self._switch(on=False)

    def look(self) -> Doorway:
        """What contact, beams and releases tell.

        Raises:
            ActuatorError: a pin does not answer.
        """
        with self._errors():
            for number, beam in enumerate(self._beams):
                # The edges are told by a thread; this mends one that was missed.
                self._counter.tell(number, broken=not beam.is_active)
            if self._contact is None:
                contact = Contact.UNKNOWN
            else:
                contact = Contact.SHUT if self._contact.is_active else Contact.OPEN
            told = [each for each, pin in self._releases.items() if not pin.is_active]
        passages = self._counter.count if self._beams else None
        return Doorway(contact, passages, self._counter.blocked, next(iter(told), None))

    def let_go(self) -> None:
        """Let the relay fall, and give the pins back.

        Raises:
            ActuatorError: the pin did not take it.
        """
        try:
            if not self._relay.closed:
                self.close()
        finally:
            self._held.close()

    def _switch(self, *, on: bool) -> None:
        with self._errors():
            self._relay.value = on
            if bool(self._relay.value) is not on:
                raise ActuatorError("the relay's pin does not keep its level")

    def _let_fall(self) -> None:
        # In a thread of its own; if it fails, the gate's own order will fail too.
        with suppress(ActuatorError):
            self._switch(on=False)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _output(self, wiring: Wiring, factory: "Factory") -> "DigitalOutputDevice":
        pin = self._gpiozero.DigitalOutputDevice(
            wiring.relay,
            active_high=wiring.relay_active_high,
            initial_value=False,
            pin_factory=factory,
        )
        self._held.callback(pin.close)
        return pin

    def _input(self, number: int, factory: "Factory") -> "DigitalInputDevice":
        pin = self._gpiozero.DigitalInputDevice(
            number, pull_up=True, pin_factory=factory
        )
        self._held.callback(pin.close)
        return pin

    def _count_beams(self) -> None:
        for number, beam in enumerate(self._beams):
            self._counter.tell(number, broken=not beam.is_active)
            beam.when_activated = self._teller(number, broken=False)
            beam.when_deactivated = self._teller(number, broken=True)

    def _teller(self, number: int, *, broken: bool) -> Callable[[], None]:
        return lambda: self._counter.tell(number, broken=broken)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (self._gpiozero.GPIOZeroError, self._pin_error, OSError) as error:
            raise ActuatorError(f"the pins of the door: {error}") from None


def _lgpio() -> "Factory":
    factory: Factory = import_module("gpiozero.pins.lgpio").LGPIOFactory()
    return factory


def _library(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError:
        raise ConfigurationError(
            "a door on pins needs the extra: pip install 'ostiary[gpio]'"
        ) from None
