"""Windows, enrolments, and transactions as the gate's own state machine sees them."""

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.credential import VerifiedCredential
from ostiary.credential.template import Coding
from ostiary.evaluation.acquisition import Floats, Samples
from ostiary.evaluation.scores import bins_of, mated_scores
from ostiary.evaluation.trials import (
    Codec,
    Subjects,
    Trial,
    enrol_all,
    presentations,
    probes_of,
    windows,
)
from ostiary.reasons import Reason
from ostiary.terms import Features, Probe, Undetermined
from ostiary.transaction import (
    Announce,
    CredentialShown,
    Effect,
    FaceObserved,
    Idle,
    OpenDoor,
    Rules,
    step,
)

EXTRACTOR = "test/1"
MakeCredential = Callable[[NDArray[np.float32] | None], VerifiedCredential]


def subjects(sittings: Sequence[int], *, across: bool = False) -> Subjects:
    """Sittings 0-9 are of the first person, 10-19 of the second, and so on."""
    return Subjects(
        names=tuple("abcdef"),
        persons=np.array(sittings, np.int64) // 10,
        sittings=np.array(sittings, np.int64),
        across=across,
    )


def samples_of(
    features: Floats,
    failures: Sequence[Reason | None] | None = None,
    enrolment_failures: Sequence[Reason | None] | None = None,
) -> Samples:
    count = len(features)
    return Samples(
        features=features,
        failures=tuple(failures or [None] * count),
        enrolment_failures=tuple(enrolment_failures or failures or [None] * count),
        qualities=(None,) * count,
        unreadable=(None,) * count,
        digests=(b"",) * count,
    )


def unit(*rows: Sequence[float]) -> Floats:
    values = np.array(rows, np.float32)
    directions: Floats = values / np.linalg.norm(values, axis=1, keepdims=True)
    return directions


def test_windows_go_round_a_sitting_and_stay_in_it() -> None:
    found = windows(subjects([0, 0, 0, 0, 10, 10, 20]), 2)
    members = found.members.tolist()
    # Two pictures make one window and not two of the same.
    assert members == [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5]]
    assert found.persons.tolist() == [0, 0, 0, 0, 1]


@given(pictures=st.integers(1, 9), enrolled=st.integers(1, 4), shown=st.integers(1, 4))
def test_no_picture_is_on_both_sides_of_a_mated_comparison(
    pictures: int, enrolled: int, shown: int
) -> None:
    all_alike = unit(*[[1, 0]] * pictures)
    owner = subjects([0] * pictures)
    samples = samples_of(all_alike)
    codec = Codec(EXTRACTOR, None)
    references = enrol_all(owner, samples, enrolled, 0.5, codec).side
    probes = probes_of(owner, samples, shown)
    trial = Trial(people=6, references=references, probes=probes, across=False)
    mated = mated_scores(trial)
    pairs = {
        (frozenset(references.windows.members[r]), frozenset(probes.windows.members[p]))
        for r, p in zip(mated.references, mated.probes, strict=True)
    }
    possible = {
        (frozenset(one), frozenset(other))
        for one in references.windows.members
        for other in probes.windows.members
        if not set(one) & set(other)
    }
    assert pairs == possible


def test_with_sessions_a_mated_comparison_is_across_them() -> None:
    owner = subjects([0, 0, 1, 1, 10], across=True)
    samples = samples_of(unit(*[[1, 0]] * 5))
    side = probes_of(owner, samples, 1)
    trial = Trial(people=6, references=side, probes=side, across=True)
    mated = mated_scores(trial)
    assert sorted(zip(mated.references, mated.probes, strict=True)) == [
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
    ]


def test_an_enrolment_fails_as_at_the_desk() -> None:
    stranger = [0, 1]
    features = unit([1, 0], [1, 0.1], [1, 0], stranger, [1, 0], [1, 0])
    failures = [None, None, None, None, Reason.NO_FACE, None]
    enrolled = enrol_all(
        subjects([0, 0, 0, 10, 20, 20]),
        samples_of(features, failures),
        2,
        0.5,
        Codec(EXTRACTOR, None),
    )
    assert len(enrolled.side.features[0]) == 3
    assert enrolled.failures == (Reason.NO_FACE,)
    others = enrol_all(
        subjects([0, 0, 0]),
        samples_of(unit([1, 0], [1, 0.1], stranger)),
        3,
        0.5,
        Codec(EXTRACTOR, None),
    )
    assert others.failures == (Reason.NON_MATCH,)


def test_enrolment_asks_for_more_than_a_probe() -> None:
    samples = samples_of(
        unit([1, 0], [1, 0.1], [1, 0]),
        enrolment_failures=[None, Reason.FACE_HALF_LIT, None],
    )
    owner = subjects([0, 0, 10])
    enrolled = enrol_all(owner, samples, 1, 0.5, Codec(EXTRACTOR, None))
    assert enrolled.failures == (Reason.FACE_HALF_LIT,)
    assert enrolled.side.windows.members.tolist() == [[0], [2]]
    assert probes_of(owner, samples, 1).windows.members.tolist() == [[0], [1], [2]]


def test_a_reference_is_what_a_gate_reads_back() -> None:
    generator = np.random.default_rng(1)
    features = unit(*generator.standard_normal((3, 16)))
    samples = samples_of(features)
    coded = enrol_all(
        subjects([0, 10, 20]), samples, 1, 0.5, Codec(EXTRACTOR, Coding.INT4)
    ).side.features[0]
    assert (coded != features).any()
    np.testing.assert_allclose(np.linalg.norm(coded, axis=1), 1, atol=1e-6)
    assert ((coded * features).sum(axis=1) > 0.98).all()
    np.testing.assert_array_equal(samples.features, features)


def test_opposite_pictures_make_no_probe() -> None:
    side = probes_of(subjects([0, 0]), samples_of(unit([1, 0], [-1, 0])), 2)
    assert len(side.features[0]) == 0


frames = st.lists(st.one_of(st.none(), st.floats(0, 3.1)), min_size=6, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(angles=frames, length=st.integers(1, 3), threshold=st.floats(-0.9, 0.95))
def test_a_transaction_is_granted_when_the_gates_state_machine_grants_it(
    make_credential: MakeCredential,
    angles: list[float | None],
    length: int,
    threshold: float,
) -> None:
    """Frames at an angle to the reference; None: no sample. As many attempts as fit."""
    attempts = len(angles) // length
    holder = np.array([1, 0, 0, 0], np.float32)
    features = unit(*([np.cos(a or 0), np.sin(a or 0), 0, 0] for a in (0.0, *angles)))
    failures = [None if a is not None else Reason.FACE_BLURRED for a in (0.0, *angles)]
    owner = subjects([0] + [1] * len(angles), across=True)
    samples = samples_of(features, failures)
    references = probes_of(subjects([0]), samples_of(features[:1]), 1)
    shown = presentations(owner, samples, length, attempts)
    first = shown.windows.members[:, 0].tolist().index(1)
    trial = Trial(people=6, references=references, probes=shown, across=True)
    mated = mated_scores(trial)
    # Away from the threshold itself, where rounding decides.
    score = float(mated.bins[mated.probes.tolist().index(first)]) / 1e5 - 1
    granted = any(
        opens(
            make_credential(holder),
            features[1 + length * number :][:length],
            failures[1 + length * number :][:length],
            threshold,
        )
        for number in range(attempts)
    )
    assert granted == (score >= threshold) or abs(score - threshold) < 0.01


def opens(
    credential: VerifiedCredential,
    features: Floats,
    failures: Sequence[Reason | None],
    threshold: float,
) -> bool:
    """What the gate's own transaction does with these frames."""
    rules = Rules(
        comparison_threshold=threshold,
        probe_frames=len(features),
    )
    state, _ = step(Idle(), CredentialShown(credential), 0.0, rules)
    effects: list[Effect] = []
    for row, reason in zip(features, failures, strict=True):
        seen = (
            Probe(Features(EXTRACTOR, row.copy()), 0.9)
            if reason is None
            else Undetermined(reason)
        )
        state, new = step(state, FaceObserved(seen), 0.1, rules)
        effects += new
    decided = [e for e in effects if isinstance(e, OpenDoor | Announce)]
    return any(isinstance(each, OpenDoor) for each in decided)


def test_a_cap_is_the_lowest_score_between_consecutive_frames() -> None:
    features = unit([1, 0], [1, 1], [0, 1])
    shown = presentations(subjects([0, 0, 0]), samples_of(features), 3, 1)
    assert bins_of(shown.caps[0].copy()).tolist() == [int((1 + 0.5**0.5) * 1e5)]
