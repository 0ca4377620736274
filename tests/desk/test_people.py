"""Lists of people: what a spreadsheet or an attacker may put into one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours
from ostiary.desk.consent import VERSION
from ostiary.desk.people import COLUMNS, MAX_BYTES, Line, read_people
from ostiary.errors import ConfigurationError

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEADER = ",".join(COLUMNS).encode() + b"\r\n"
FACE = f"staff 7,north;south,,30,,a.jpg;b.jpg,{VERSION},2026-11-20\r\n".encode()
FACELESS = b"staff 8,north,,30,,,,\r\n"


def test_people_with_and_without_a_face_are_read() -> None:
    for start in (b"", b"\xef\xbb\xbf"):
        first, second = read_people(start + HEADER + FACE + FACELESS)
        assert first.person is not None
        assert second.person is not None
        assert (first.number, second.number) == (2, 3)
        assert first.person.photographs == ("a.jpg", "b.jpg")
        assert first.person.zones == ("north", "south")
        assert first.person.consent is not None
        assert second.person.consent is None
        assert second.person.photographs == ()


def test_days_and_hours_are_read() -> None:
    cells = "north;south,2026-12-01,30,north=mon-fri,08:00-18:00;north=sat,09:00-12:00"
    zones, begins, days, hours = cells.split(",", 3)
    line = f'staff 9,{zones},{begins},{days},"{hours}",,,\r\n'.encode()
    [found, plain] = read_people(HEADER + line + FACELESS)
    assert found.person is not None
    assert plain.person is not None
    first = datetime(2026, 12, 1, tzinfo=UTC)
    assert found.person.window(AT) == (first, first + timedelta(days=30))
    assert found.person.hours == {
        "north": (
            Hours(frozenset(range(5)), 8 * 60, 18 * 60),
            Hours(frozenset({5}), 9 * 60, 12 * 60),
        )
    }
    assert plain.person.window(AT) == (AT, AT + timedelta(days=30))
    assert plain.person.hours == {}


@pytest.mark.parametrize(
    ("begins", "days", "fault"),
    [
        ("2026-10-01", "30", "the last one is over"),
        ("9999-12-31", "1", "after the last day there is"),
    ],
)
def test_a_pass_that_could_never_open_is_refused(
    begins: str, days: str, fault: str
) -> None:
    [found] = read_people(HEADER + f"s,north,{begins},{days},,,,".encode())
    assert found.person is not None
    with pytest.raises(ValueError, match=fault):
        found.person.window(AT)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"s,north,1.12.2026,30,,,,", "from: a day, like 2026-11-20"),
        (b"s,north,20261201,30,,,,", "from: a day, like 2026-11-20"),
        ("s,north,\u0662026-12-01,30,,,,".encode(), "from: a day, like 2026-11-20"),
        (b"s,north,2026-12-01T00:00,30,,,,", "from: a day, like 2026-11-20"),
        (b"s,north,2026-02-30,30,,,,", "from: there is no such day"),
        (b"s,north,0000-01-01,30,,,,", "from: there is no such day"),
        (b"s,north,,30,always,,,", "hours: like north=mon-fri"),
        (b's,north,,30,"mon-fri,08:00-18:00",,,', "hours: like north=mon-fri"),
        (b's,north,,30,"north=mon-fri,08:00-18:99",,,', "hours: like north"),
        (b's,north,,30,"north=mon-fri,18:00-08:00",,,', "hours: like north"),
        (b's,north,,30,"north=mon-fri,08:00-18:00;",,,', "hours: like north"),
        (b's,north,,30,"=north=mon,08:00-18:00",,,', "hours: begins like a formula"),
        (b"=1+1,north,,30,,,,", "id: begins like a formula"),
        (b"@x,north,,30,,,,", "id: begins like a formula"),
        ("\uff1d1+1,north,,30,,,,".encode(), "id: begins like a formula"),
        (
            f"s,north,,30,,{'a' * 256},{VERSION},2026-11-20".encode(),
            "photos: no file has so long a name",
        ),
        (b"s,-north,,30,,,,", "zones: begins like a formula"),
        (b'"a\x07b",north,,30,,,,', "id: has characters that do not print"),
        (b'"a\nb",north,,30,,,,', "id: has characters that do not print"),
        (b",north,,30,,,,", "id: a name is printable"),
        (b"x" * 32 + b",north,,30,,,,", "id: an own reference has at most 31 bytes"),
        (b"s,a;b;c;d;e,,30,,,,", "zones: at most 4"),
        (b"s,north,,0,,,,", "days"),
        (b"s,north,,99999,,,,", "days"),
        (b"s,north,,3.5,,,,", "days"),
        (b"s,north,,00001000000,,,,", "days"),
        ("s,north,,\u0663,,,,".encode(), "days"),
        (b"s,north,30", "has 3 columns in place of 8"),
        (b"s,north,,30,,,,,", "has 9 columns in place of 8"),
        (b"s,north,,30,,a.jpg,,", "consent: has to be to version"),
        (b"s,north,,30,,a.jpg,2020-01,2026-11-20", "consent: has to be to version"),
        (b"s,north,,30,,,2026-11,2026-11-20", "consent: to what"),
        (f"s,north,,30,,a.jpg,{VERSION},soon".encode(), "consented: a day"),
        (f"s,north,,30,,../a.jpg,{VERSION},2026-11-20".encode(), "without folders"),
        (f"s,north,,30,,/etc/passwd,{VERSION},2026-11-20".encode(), "without folders"),
        (f"s,north,,30,,c:a.jpg,{VERSION},2026-11-20".encode(), "without folders"),
        (f"s,north,,30,,b\\a.jpg,{VERSION},2026-11-20".encode(), "without folders"),
        (f"s,north,,30,,.a.jpg,{VERSION},2026-11-20".encode(), "without folders"),
        (f"s,north,,30,,a.jpg;,{VERSION},2026-11-20".encode(), "without folders"),
        (b"s,north,,30,," + b";".join([b"a"] * 11) + b",x,x", "photos: at most 10"),
    ],
)
def test_a_line_at_fault_is_named_and_stops_no_other(line: bytes, fault: str) -> None:
    found = read_people(HEADER + FACELESS + line + b"\r\n" + FACE)
    assert [each.number for each in found if each.person is None] == [3]
    assert fault in found[1].fault


def test_one_reference_written_in_two_ways_is_one() -> None:
    lines = "\u00e9,north,,30,,,,\r\ne\u0301,north,,30,,,,\r\n".encode()
    for line in read_people(HEADER + lines):
        assert "more than once" in line.fault


def test_whoever_stands_in_it_twice_is_refused_twice() -> None:
    found = read_people(HEADER + FACELESS + FACE + FACELESS)
    assert [bool(each.fault) for each in found] == [True, False, True]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "first line"),
        (b"id,zones\r\n", "first line"),
        (HEADER.decode().encode("utf-16"), "UTF-8"),
        (HEADER + "Jos\u00e9,north,,30,,,,".encode("latin-1"), "UTF-8"),
        (HEADER + b'"open,north,,30,,,,', "no CSV"),
        (HEADER + b'"a"b,north,,30,,,,', "no CSV"),
        (HEADER + b"x" * 200_000, "no CSV"),
        (HEADER + b"s,north,,30,,,,\n" * 100_001, "at most 100000 people"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(data: bytes, message: str) -> None:
    assert len(data) < MAX_BYTES
    with pytest.raises(ConfigurationError, match=message):
        read_people(data)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_rubbish_is_refused_or_told_line_by_line(data: bytes) -> None:
    try:
        found = read_people(HEADER + data)
    except ConfigurationError:
        return
    for line in found:
        assert isinstance(line, Line)
        assert (line.person is None) == bool(line.fault)
