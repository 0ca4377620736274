"""What staff fill in for a new pass: anything, or a wish that a pass can say."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError
from ostiary.storage.registry.records import read_identifier
from ostiary.web.desk.wishes import BLANK, Offer, Wish, filled_in, read_wish

TODAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OFFER = Offer(("acme", "other"), ("north", "south"))
GOOD = {
    **BLANK,
    **filled_in(AT, OFFER),
    "issuer": "acme",
    "zone-north": "on",
    "lane": "face",
}

_VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "on", "face", "hours", "acme", "0" * 32, "24:00", "08:00+01:00", "W01"]
    ),
    st.dates().map(str),
    st.times().map(str),
)
_NAMES = st.sampled_from([*BLANK, "zone-north", "zone-", "day-0", "day-9", "x"])


@given(st.dictionaries(_NAMES, _VALUES))
def test_whatever_is_sent_is_a_wish_or_a_documented_error(form: dict[str, str]) -> None:
    try:
        wish = read_wish({**GOOD, **form}, OFFER, TODAY)
    except ConfigurationError:
        return
    assert TODAY <= wish.first <= wish.last
    assert set(wish.zones) <= set(OFFER.zones)
    request = wish.request(AT)
    assert AT <= request.not_before < request.expires_at
    assert set(request.hours) <= set(wish.zones)


@given(st.dictionaries(_NAMES, _VALUES))
def test_a_form_of_anything_alone_is_one_or_the_other(form: dict[str, str]) -> None:
    try:
        assert isinstance(read_wish(form, OFFER, TODAY), Wish)
    except ConfigurationError:
        return


def test_weekdays_that_would_count_for_nothing_are_asked_about() -> None:
    with pytest.raises(ConfigurationError, match="Choose"):
        read_wish({**GOOD, "day-0": "on"}, OFFER, TODAY)


def test_a_pass_for_today_begins_now_and_lasts_through_its_last_day() -> None:
    request = read_wish(GOOD, OFFER, TODAY).request(AT)
    assert request.not_before == AT
    assert request.expires_at == datetime(2026, 12, 22, tzinfo=UTC)


@given(st.one_of(st.text(max_size=70), st.binary(max_size=20).map(bytes.hex)))
def test_a_number_is_32_digits_or_refused(text: str) -> None:
    try:
        assert len(read_identifier(text)) == 16
    except ConfigurationError:
        with suppress(ValueError):
            assert len(bytes.fromhex(text)) != 16


@pytest.mark.parametrize("text", ["0" * 32, "00 " * 16, "AB" * 16])
def test_a_number_may_be_written_with_spaces(text: str) -> None:
    assert read_identifier(text) == bytes.fromhex(text)
