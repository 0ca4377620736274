"""The running gate: frames in, effects out.

    frame -> what the transaction's state asks for -> event -> step -> effects

The state says what a frame may serve for. While idle it serves to see whether anything
moves and to read codes, and no face model runs; a face is looked for only while a
verified credential waits for one, after everything outside the zone was overwritten.
Every frame is overwritten before the next is taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from ostiary.calibration import Calibration
from ostiary.capture.attention import Attention
from ostiary.capture.pace import Pace
from ostiary.capture.readers import OwnCamera
from ostiary.credential import VerifiedCredential, verify
from ostiary.erasure import overwrite
from ostiary.errors import (
    CaptureError,
    ConfigurationError,
    CredentialError,
    StorageError,
    TrustListError,
)
from ostiary.gate.attempts import AttemptCounter, Mark
from ostiary.gate.displays import Display, Stage
from ostiary.gate.feed import FeedWatch
from ostiary.gate.in_view import InView
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.loaded import Loaded
from ostiary.gate.stopwatch import StageTimes
from ostiary.gate.watched_door import WatchedDoor
from ostiary.ports import (
    AttackDetector,
    Attendant,
    CodeReader,
    Door,
    LiveSource,
    MotionMeter,
)
from ostiary.presentation import challenge
from ostiary.reasons import Reason
from ostiary.terms import Features, Frame, Outage, Rectangle, Sight
from ostiary.transaction import (
    Alarm,
    AlarmOver,
    Announce,
    AskAttendant,
    AttendantAnswered,
    AwaitingAttendant,
    AwaitingChallenge,
    AwaitingDoor,
    AwaitingFace,
    AwaitingLastLook,
    AwaitingPassage,
    CallAttendant,
    ChargeTry,
    ClearTries,
    CloseDoor,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
    DrawMoves,
    Effect,
    Event,
    FaceObserved,
    Forget,
    Guide,
    Idle,
    MotionObserved,
    MovesDrawn,
    OpenDoor,
    OpeningEntered,
    Prompt,
    Resting,
    Rules,
    State,
    TimePassed,
    step,
)
from ostiary.vision.chain import FaceChain

Shown: TypeAlias = Announce | Guide | Prompt | CallAttendant | Alarm | AlarmOver


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What a gate is built from.

    Attributes:
        knowledge: keys, trust and status.
        chain: from picture to features.
        attacks: the attack detector.
        meter: measures the moves that people are asked for.
        randomness: that many random bytes, unpredictable to anyone.
        door: the door.
        attendant: whoever answers for a pass without a face.
        display: where decisions are shown.
        standing_zone: the part of the picture in which faces are looked for.
        rules: thresholds and time-outs.
        time_zone: the gate's civil time zone.
        attempts: where it keeps how often it was tried in vain.
        calibration: what the comparison threshold was taken from; None: built in.
        reader: where passes are read.
        pace: how often the camera has to give a picture.
        by_hand: enters an attendant's signed opening, if there is one, at that second;
            whether the door is to open for it. Asked while nobody is served.
        note_pass: keeps the identifier of a pass that was verified at that second, for
            a receipt; None: of nobody any more.
        loaded: what it was started on, for its journal.
    """

    knowledge: KnowledgeFiles
    chain: FaceChain
    attacks: AttackDetector
    meter: MotionMeter
    randomness: Callable[[int], bytes]
    door: Door
    attendant: Attendant
    display: Display
    standing_zone: Rectangle
    rules: Rules
    time_zone: tzinfo
    attempts: Mark
    calibration: Calibration | None = None
    reader: CodeReader = field(default_factory=OwnCamera)
    pace: Pace = field(default_factory=Pace)
    by_hand: Callable[[float], bool] = lambda _: False
    note_pass: Callable[[bytes | None, float], None] = lambda *_: None
    loaded: Loaded = field(default_factory=lambda: MappingProxyType({}))


class Gate:
    """One gate, serving one person after the other."""

    def __init__(self, equipment: Equipment) -> None:
        self._gear = equipment
        self._state: State = Idle()
        self._in_view = InView(equipment.rules.rest_seconds)
        self._feed = FeedWatch()
        self._attention = Attention(equipment.pace)
        self._early: tuple[str, ...] = ()
        self._fault: Reason | None = None
        self._reader_fault: Reason | None = None
        self._times = StageTimes()
        self._warm: tuple[int, ...] = ()
        self._tries = AttemptCounter(equipment.attempts, equipment.randomness)
        self._door = WatchedDoor(equipment.door, equipment.rules)

    def run(self, source: LiveSource) -> None:
        """Serve until the source ends or fails; a camera that comes back does neither.

        However it ends, the door is shut and what was biometric is overwritten.

        Raises:
            CaptureError: the source failed.
            ActuatorError: the door could not be shut at the end.
        """
        with ExitStack() as ending:
            # Last in, first out; each of them, whatever becomes of the others.
            ending.callback(source.close)
            ending.callback(self._gear.reader.close)
            ending.callback(self._gear.door.let_go)
            ending.callback(self._gear.display.close)
            ending.callback(self._forget_models)
            ending.callback(self._forget_subject)
            ending.callback(self._gear.door.close)
            self._serve_all(source)

    def _serve_all(self, source: LiveSource) -> None:
        last: Sight | None = None
        try:
            for last in source.frames():
                self._meet(last)
        except CaptureError:
            if last is not None:
                self._take(DeviceFailed(Reason.CAMERA_FAULT), last)
            raise
        finally:
            # A signal may come before anybody has begun to serve it.
            if isinstance(last, Frame):
                overwrite(last.image)

    def _meet(self, sight: Sight) -> None:
        match sight:
            case Frame():
                self._serve(sight)
            case Outage(reason):
                self._attention.rouse()
                # What is scanned meanwhile does not wait for the camera.
                self._gear.reader.read(None)
                self._early = ()
                self._pass_time(sight, reason)
                self._watch_door(sight)
                self._take(DeviceFailed(reason), sight)
                self._take(TimePassed(), sight)
                self._open_by_hand(sight)

    def _pass_time(self, sight: Sight, fault: Reason | None) -> None:
        """Say what time it is, and whether camera and reader serve.

        With each frame, not with each pass: what is written down must not tell when
        somebody came.
        """
        local = sight.at.astimezone(self._gear.time_zone)
        self._gear.knowledge.pass_time(sight.at)
        self._gear.display.pass_time(local)
        self._tries.pass_time(sight.seconds)
        if fault is not self._fault:
            self._fault = fault
            self._gear.display.camera(fault, local)
        reader = self._gear.reader.fault
        if reader is not self._reader_fault:
            self._reader_fault = reader
            self._gear.display.reader(reader, local)

    def _serve(self, frame: Frame) -> None:
        try:
            self._pass_time(frame, None)
            self._watch_door(frame)
            # First, so that nobody is looked for whose time has run out.
            self._take(TimePassed(), frame)
            self._open_by_hand(frame)
            for event in self._injected(frame) or self._look(frame):
                self._take(event, frame)
        finally:
            overwrite(frame.image)

    def _watch_door(self, sight: Sight) -> None:
        """See what the door's sensors tell, whatever else the moment serves for."""
        alarms, event = self._door.look(sight.seconds)
        for each in alarms:
            self._carry_out(each, sight)
        if event is not None:
            self._take(event, sight)

    def _open_by_hand(self, sight: Sight) -> None:
        """Open for an attendant's entry, while nobody is served and the door hears."""
        free = isinstance(self._state, Idle | Resting) and not self._door.fault
        if free and self._gear.by_hand(sight.seconds):
            self._take(OpeningEntered(), sight)

    def _injected(self, frame: Frame) -> Iterable[Event]:
        """Whether the camera is not to be believed; asked while a face is awaited."""
        if not isinstance(self._state, _LOOKING):
            return ()
        reason = self._feed.look(frame)
        return () if reason is None else (DeviceFailed(reason),)

    def _look(self, frame: Frame) -> Iterable[Event]:
        """What the frame serves for in this state, and what it tells."""
        texts = self._texts(frame)
        state = self._state
        match state:
            case Idle():
                return self._passes(texts, frame)
            case AwaitingFace() | AwaitingChallenge() | AwaitingLastLook():
                return (self._person(state, frame),)
            case AwaitingAttendant():
                return self._answers()
            case AwaitingDoor():
                return ()
            case AwaitingPassage():
                self._in_view.keep(texts or (), frame.seconds)
                return ()
            case Resting():
                self._note_early(texts or (), frame.seconds)
                return ()
            case _:
                assert_never(state)

    def _warm_up(self, frame: Frame) -> None:
        """Make the models ready for pictures of this size, while nobody waits."""
        height, width, _ = size = self._gear.standing_zone.crop(frame.image).shape
        if size != self._warm:
            self._gear.chain.warm_up(height, width)
            self._warm = size

    def _texts(self, frame: Frame) -> Sequence[str] | None:
        """What the reader has to tell, which counts while idle or resting alone.

        It is asked with each frame: a pass that was scanned while somebody was served
        does not wait there for the next person.
        """
        reader = self._gear.reader
        match self._state:
            case Idle():
                with self._times.stage("code"):
                    worth = self._attention.look(frame)
                    return reader.read(frame.image if worth else None)
            case AwaitingPassage() | Resting():
                self._attention.rouse()
                return reader.read(frame.image)
            case _:
                self._attention.rouse()
                return reader.read(None)

    def _note_early(self, texts: Sequence[str], seconds: float) -> None:
        """Keep passes of whoever comes next while the last decision is in view.

        A scanner reads them once; they wait no longer than that.
        """
        self._in_view.keep(texts, seconds)
        early = dict.fromkeys((*self._early, *self._in_view.unknown(texts)))
        self._early = tuple(early)[:_MOST_EARLY]

    def _passes(self, seen: Sequence[str] | None, frame: Frame) -> Iterable[Event]:
        self._warm_up(frame)
        if seen is None:
            self._in_view.hold(frame.seconds)
        early, self._early = self._early, ()
        there = tuple(dict.fromkeys((*early, *(seen or ()))))
        texts = self._in_view.fresh(there, frame.seconds)
        if not texts:
            self._times.take()
            return ()
        with self._times.stage("credential"):
            results = [self._verified(text, frame.at) for text in texts]
        return (self._admitted(_one_pass(results), frame.seconds),)

    def _admitted(self, event: Event, seconds: float) -> Event:
        """The event, unless it is a pass that cannot be tried now."""
        match event:
            case CredentialShown(credential):
                self._gear.note_pass(credential.identifier, seconds)
                reason = self._unserved(credential, seconds)
            case _:
                # Somebody else's, who would be given a receipt of the one before.
                self._gear.note_pass(None, seconds)
                return event
        if reason is None:
            return event
        _forget_reference(credential)
        return CredentialRefused(reason)

    def _unserved(
        self, credential: VerifiedCredential, seconds: float
    ) -> Reason | None:
        if self._door.fault:
            return Reason.DOOR_FAULT
        return self._tries.admit(credential, seconds)

    def _verified(self, text: str, at: datetime) -> CredentialShown | CredentialRefused:
        local = at.astimezone(self._gear.time_zone)
        try:
            return CredentialShown(verify(text, self._gear.knowledge.at(local), local))
        except CredentialError as error:
            return CredentialRefused(error.reason)
        except (ConfigurationError, StorageError, TrustListError):
            return CredentialRefused(Reason.GATE_NOT_READY)

    def _person(
        self, state: AwaitingFace | AwaitingChallenge | AwaitingLastLook, frame: Frame
    ) -> Event:
        gear, times = self._gear, self._times
        zone = gear.standing_zone.blank_around(frame.image)
        gear.display.mirror(zone, frame.seconds)
        if not isinstance(state, AwaitingChallenge):
            return FaceObserved(gear.chain.observe(zone, gear.attacks, times))
        face = state.face

        def same(features: Features) -> bool:
            return gear.rules.same_face(face, features)

        motion = gear.chain.observe_motion(zone, gear.meter, gear.attacks, same, times)
        return MotionObserved(motion)

    def _answers(self) -> Iterable[Event]:
        answer = self._gear.attendant.answer()
        return () if answer is None else (AttendantAnswered(answer),)

    def _take(self, event: Event, sight: Sight) -> None:
        before = self._state
        after, effects = self._step(event, sight.seconds)
        # Before anything that can fail: the next state does not hold these arrays, and
        # until it is the state, whoever stops the gate still finds them.
        for effect in effects:
            if isinstance(effect, Forget):
                overwrite(*effect.arrays)
        self._state = after
        if _left(_LOOKING, before, self._state):
            self._forget_models()
        if _left(_IN_VIEW, self._state, before):
            self._in_view.hold(sight.seconds)
        if type(before) is not type(self._state):
            self._gear.display.enter(_STAGES[type(self._state)])
        for effect in effects:
            self._carry_out(effect, sight)

    def _step(self, event: Event, seconds: float) -> tuple[State, tuple[Effect, ...]]:
        if isinstance(event, TimePassed):
            return step(self._state, event, seconds, self._gear.rules)
        with self._times.stage("decision"):
            return step(self._state, event, seconds, self._gear.rules)

    def _carry_out(self, effect: Effect, sight: Sight) -> None:
        match effect:
            case OpenDoor():
                self._gear.note_pass(None, sight.seconds)
                self._take(self._door.open(sight.seconds), sight)
            case CloseDoor():
                self._door.close(sight.seconds)
            case ChargeTry() | ClearTries():
                self._count(effect, sight.seconds)
            case DrawMoves():
                order = challenge.draw(self._gear.randomness)
                self._take(MovesDrawn(order), sight)
            case AskAttendant():
                self._gear.attendant.ask()
            case Forget():
                pass  # Done before all others.
            case _:
                self._show(effect, sight)

    def _count(self, effect: ChargeTry | ClearTries, seconds: float) -> None:
        match effect:
            case ChargeTry():
                self._tries.charge(seconds)
            case ClearTries():
                self._tries.clear(seconds)

    def _show(self, effect: Shown, sight: Sight) -> None:
        display = self._gear.display
        at = sight.at.astimezone(self._gear.time_zone)
        match effect:
            case Announce(decision):
                display.announce(decision, at, self._times.take())
            case Guide(reason):
                display.guide(reason)
            case Prompt(move):
                display.prompt(move)
            case CallAttendant(reason):
                display.call_attendant(reason)
            case Alarm(reason):
                display.alarm(reason, at)
            case AlarmOver(reason):
                display.alarm_over(reason, at)
            case _:
                assert_never(effect)

    def _forget_subject(self) -> None:
        self._gear.note_pass(None, 0.0)
        state, self._state = self._state, Idle()
        match state:
            case AwaitingFace(reference=reference, probes=probes):
                overwrite(reference.values)
                overwrite(*(probe.features.values for probe in probes))
            case AwaitingChallenge(face=face) | AwaitingLastLook(face=face):
                overwrite(face.values)
            case _:
                pass

    def _forget_models(self) -> None:
        with ExitStack() as each:
            # Whatever becomes of the others.
            each.callback(self._gear.chain.forget)
            each.callback(self._gear.attacks.forget)
            each.callback(self._gear.meter.forget)


_MOST_EARLY: Final = 4
"""Passes that are kept for the next person; two are one too many already."""

_LOOKING: Final = (AwaitingFace, AwaitingChallenge, AwaitingLastLook)
"""States in which models look at faces."""

_IN_VIEW: Final = (AwaitingPassage, Resting)
"""States in which it is seen whether the last pass is still held up."""

_STAGES: Final[Mapping[type[State], Stage]] = MappingProxyType(
    {
        Idle: Stage.IDLE,
        AwaitingFace: Stage.FACE,
        AwaitingChallenge: Stage.MOVES,
        AwaitingLastLook: Stage.MOVES,
        AwaitingAttendant: Stage.ATTENDANT,
        AwaitingDoor: Stage.DOOR,
        AwaitingPassage: Stage.PASSAGE,
        Resting: Stage.REST,
    }
)
"""What a display is told of each state."""


def _left(kinds: tuple[type[State], ...], before: State, after: State) -> bool:
    return isinstance(before, kinds) and not isinstance(after, kinds)


def _one_pass(results: list[CredentialShown | CredentialRefused]) -> Event:
    """The event for one or several fresh codes: at most one pass counts."""
    verified = [each for each in results if isinstance(each, CredentialShown)]
    if not verified:
        return results[0]
    if len(verified) == 1:
        return verified[0]
    for each in verified:
        _forget_reference(each.credential)
    return CredentialRefused(Reason.SEVERAL_PASSES)


def _forget_reference(credential: VerifiedCredential) -> None:
    if credential.reference is not None:
        overwrite(credential.reference.values)
