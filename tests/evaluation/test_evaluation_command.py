"""`ostiary evaluate verification`, from pictures to page, on people who never were."""

import json
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from typer.testing import CliRunner, Result

from ostiary.cli import evaluate
from ostiary.errors import EvaluationError
from ostiary.evaluation.report.summary import summary
from ostiary.evaluation.report.verification import report
from ostiary.evaluation.results import (
    Discard,
    Evaluation,
    dump_evaluation,
    read_evaluation,
)
from tests.evaluation.conftest import (
    PatternExtractor,
    pattern,
    pattern_chain,
    save,
)

RESULT_KEYS = {field.name for field in fields(Evaluation)}
People = Callable[[int, int], Path]


@pytest.fixture
def extractor(monkeypatch: pytest.MonkeyPatch) -> PatternExtractor:
    """The command's chain is the pattern chain; this is its extractor."""
    found = PatternExtractor()
    monkeypatch.setattr(evaluate, "open_chain", lambda *_: pattern_chain(found))
    return found


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(evaluate.app, ["verification", *map(str, words)])


def done(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_everything_is_measured_and_written(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    page, numbers = tmp_path / "page.html", tmp_path / "numbers.json"
    output = done(run(people(12, 5), "--report", page, "--json", numbers))
    assert "agreed to exactly this" in output
    assert "60 pictures of 12 people" in output
    assert "1 in 22" in output  # 66 pairs of people, by 3
    found = read_evaluation(numbers.read_bytes())
    assert (found.people, found.images, found.people_pairs) == (12, 60, 66)
    assert (found.extractor, found.coding) == ("pattern/1", "int8")
    assert (found.enrolment_images, found.probe_images) == (1, 1)
    # 60 references, each with 4 other pictures, and with 55 of other people.
    assert (found.mated, found.non_mated) == (240, 3300)
    assert found.lowest_supported_fmr == pytest.approx(3 / 66)
    # 12 people are too few to say anything of even 1 %.
    assert found.rates == ()
    assert found.built_in.threshold == 0.3
    assert found.transactions is not None
    assert len(found.transactions.rates) == 1
    assert json.loads(numbers.read_text())["fte"] == 0.0
    assert extractor.extracted == 60
    check_page(page.read_text())


def check_page(text: str) -> None:
    """It holds no photograph, and is complete in itself."""
    assert not re.search(r"<img|<script|src=|href=|url\(|@import|data:", text)
    addresses = set(re.findall(r"https?://[^\"' ]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(drawing)  # noqa: S314 - our own
        assert "nan" not in drawing
        assert "inf" not in drawing


def test_more_people_support_lower_rates(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    folder = tmp_path / "people"
    for person in range(40):
        for sample in range(3):
            save(folder / f"{person}" / f"{sample}.png", pattern(person, sample, 110))
    done(run(folder, "--json", tmp_path / "n.json", "--coding", "none"))
    found = read_evaluation((tmp_path / "n.json").read_bytes())
    assert [rate.fmr for rate in found.rates] == [0.01]
    assert found.coding == "none"
    # Both sides are alike: every pair once.
    assert found.non_mated == 40 * 39 * 9 // 2
    [rate] = found.rates
    assert rate.false_matches <= 0.01 * rate.non_mated
    assert rate.fmr_low <= rate.false_matches / rate.non_mated <= rate.fmr_high
    assert rate.fnmr_low <= rate.fnmr_per_person <= rate.fnmr_high
    assert extractor.identity == found.extractor


def test_several_pictures_and_attempts(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    numbers = tmp_path / "n.json"
    words = "--enrolment-images", "2", "--probe-images", "2", "--attempts", "2"
    done(run(people(6, 7), *words, "--json", numbers))
    found = read_evaluation(numbers.read_bytes())
    assert found.enrolments == 6 * 7
    assert found.transactions is not None
    assert found.transactions.attempts == 2
    # 7 pictures in a ring; 2 enrolled, 4 shown: of 7 times 7, two of seven fit.
    assert found.transactions.mated == 6 * 7 * 2
    assert extractor.extracted == 42


# -- Bad input -----------------------------------------------------------------------


def spoil(folder: Path) -> None:
    """Pictures of every kind that is no picture, or an unusual one."""
    person = folder / "P00"
    whole = Pillow.fromarray(pattern(0, 50))
    whole.save(person / "whole.jpg")
    data = (person / "whole.jpg").read_bytes()
    (person / "truncated.jpg").write_bytes(data[: len(data) // 2])
    (person / "empty.jpg").write_bytes(b"")
    (person / "text.png").write_text("no picture")
    (person / "folder.png").mkdir()
    os.mkfifo(person / "pipe.png")
    (person / "endless.png").symlink_to("/dev/zero")
    Pillow.new("1", (20000, 3000)).save(person / "huge.png")
    whole.save(
        person / "animated.webp", save_all=True, append_images=[whole.rotate(90)]
    )
    Pillow.fromarray(np.zeros((16, 16), np.uint16)).save(person / "sixteen.png")
    whole.convert("CMYK").save(person / "cmyk.jpg")
    sideways = Pillow.Exif()
    sideways[0x0112] = 6
    whole.rotate(90).save(person / "rotated.png", exif=sideways)
    save(folder / "P01" / "black.png", np.zeros((128, 128, 3), np.uint8))
    save(folder / "P01" / "crowd.png", np.full((128, 128, 3), 255, np.uint8))
    save(folder / "P02" / "blank.png", np.full((128, 128, 3), 128, np.uint8))
    save(folder / "Alone" / "one.png", pattern(77, 1))
    save(folder / "astray.png", pattern(78, 1))


def test_bad_pictures_are_counted_and_named(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    folder, numbers = people(5, 3), tmp_path / "n.json"
    spoil(folder)
    page = tmp_path / "page.html"
    output = done(run(folder, "--json", numbers, "--report", page))
    found = read_evaluation(numbers.read_bytes())
    assert set(found.findings.unreadable) == {
        "astray.png",
        *(
            f"P00/{name}"
            for name in (
                *("truncated.jpg", "empty.jpg", "text.png", "folder.png", "huge.png"),
                *("animated.webp", "sixteen.png", "pipe.png", "endless.png"),
            )
        ),
    }
    # 15 as they were, three unusual ones, three without a sample, one person alone.
    assert found.images == 15 + 3 + 3 + 1
    assert found.fta_reasons == {"no-face": 1, "several-faces": 1, "face-blurred": 1}
    assert found.fta == pytest.approx(3 / 22)
    assert found.fte == pytest.approx(3 / 22)
    assert found.findings.single_image == ("Alone",)
    assert "could not be read: 10" in output
    assert "P00/truncated.jpg" in page.read_text()
    assert found.transactions is not None
    assert found.transactions.rates[-1].no_probe > 0
    assert extractor.extracted == 19


def test_pictures_twice_and_wrong_names_are_listed(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    folder, numbers = people(8, 3), tmp_path / "n.json"
    save(folder / "P01" / "again.png", pattern(1, 1))
    save(folder / "P02" / "other.png", pattern(3, 9, 20))
    done(run(folder, "--json", numbers))
    findings = read_evaluation(numbers.read_bytes()).findings
    assert findings.same_bytes == (("P01/P01_0001.png", "P01/again.png"),)
    assert ("P01/P01_0001.png", "P01/again.png") in findings.near_duplicates
    wrong = {name for pair in findings.mated_but_unlike for name in pair}
    assert "P02/other.png" in wrong
    alike = {name for pair in findings.non_mated_but_alike for name in pair}
    assert alike >= {"P02/other.png", "P03/P03_0001.png"}
    assert extractor.extracted == 26


def test_pairs_whose_files_are_missing_are_named(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text(
        "2\t2\nP00\t1\t2\nP01\t1\t2\nP00\t1\tP01\t1\nP00\t9\tP01\t1\n"
        "P02\t1\t2\nP03\t1\t2\nP02\t1\tP03\t1\nP02\t2\tP03\t2\n"
    )
    numbers = tmp_path / "n.json"
    output = done(run(people(5, 3), "--pairs", pairs, "--json", numbers))
    found = read_evaluation(numbers.read_bytes())
    assert found.ten_fold is not None
    assert (found.ten_fold.pairs, found.ten_fold.missing) == (7, 1)
    assert found.findings.missing == ("P00/P00_0009",)
    assert "on 7 of 8 pairs" in output
    assert extractor.extracted == 15


@pytest.mark.parametrize(
    ("count", "pictures", "complaint"),
    [
        (4, 1, "compared with themselves"),
        (1, 4, "compared with anybody else"),
        (0, 4, "no pictures"),
    ],
)
@pytest.mark.usefixtures("extractor")
def test_without_comparisons_there_is_no_evaluation(
    people: People, count: int, pictures: int, complaint: str
) -> None:
    result = run(people(count, pictures))
    assert isinstance(result.exception, EvaluationError)
    assert complaint in str(result.exception)


@pytest.mark.usefixtures("extractor")
def test_with_too_few_pictures_there_is_none_either(people: People) -> None:
    result = run(people(4, 3), "--enrolment-images", "30")
    assert "compared with themselves" in str(result.exception)


@pytest.mark.usefixtures("extractor")
def test_where_nothing_can_be_read_the_first_files_are_named(people: People) -> None:
    folder = people(4, 1)
    for number in range(4):
        (folder / f"P00/bad{number}.jpg").write_bytes(b"no picture")
    told = str(run(folder).exception)
    assert "4 files could not be read, such as P00/bad0.jpg: no picture in JPEG" in told
    assert "P00/bad3.jpg" not in told


@pytest.mark.usefixtures("extractor")
def test_with_too_few_for_a_transaction_there_are_comparisons(people: People) -> None:
    output = done(run(people(4, 3), "--attempts", "30"))
    assert "Nobody has enough pictures for a transaction." in output


@pytest.mark.usefixtures("extractor")
def test_without_one_good_picture_there_is_none_either(tmp_path: Path) -> None:
    save(tmp_path / "p" / "Al" / "black.png", np.zeros((128, 128, 3), np.uint8))
    assert isinstance(run(tmp_path / "p").exception, EvaluationError)
    (tmp_path / "q" / "Al").mkdir(parents=True)
    (tmp_path / "q" / "Al" / "text.png").write_text("no")
    assert "could be read" in str(run(tmp_path / "q").exception)


@pytest.mark.usefixtures("extractor")
def test_numbers_may_take_the_place_of_the_summary(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = people(5, 3)
    monkeypatch.chdir(tmp_path)
    result = run(folder, "--json", "-")
    done(result)
    assert read_evaluation(result.stdout.encode()).people == 5
    assert "agreed to exactly this" in result.stderr
    assert not Path("-").exists()


@pytest.mark.usefixtures("extractor")
@pytest.mark.parametrize(
    "words",
    [
        ("--coding", "int3"),
        ("--report", "-"),
        ("--cache", "-"),
        ("--report", "nowhere/at/all.html"),
        ("--json", "/"),
        ("--enrolment-images", "0"),
        ("--face", "largest"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    people: People, words: tuple[str, ...]
) -> None:
    assert run(people(3, 2), *words).exit_code == 2


# -- Tables --------------------------------------------------------------------------


def labelled(people: People, tmp_path: Path) -> Path:
    """Twelve people at two sites, in two sessions each, with qualities."""
    folder = people(12, 6)
    rows = ["path,person,session,quality,<site>"]
    for picture in sorted(folder.glob("*/*.png")):
        person, sample = picture.parent.name, int(picture.stem[-1])
        site = "north & east" if person < "P06" else "south"
        rows.append(f"{picture},{person},{sample > 3},{10 * sample},{site}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows))
    return path


def test_groups_sessions_and_quality_come_from_the_table(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    numbers, page = tmp_path / "n.json", tmp_path / "p.html"
    done(run(labelled(people, tmp_path), "--json", numbers, "--report", page))
    found = read_evaluation(numbers.read_bytes())
    assert found.mated == 12 * 2 * 9  # across the two sessions only
    assert {(each.group, each.other) for each in found.groups} == {
        ("north & east", "north & east"),
        ("north & east", "south"),
        ("south", "south"),
    }
    assert found.discards[0] == Discard(
        discarded=0.0, fmr=found.built_in.fmr, fnmr=found.built_in.fnmr
    )
    text = page.read_text()
    check_page(text)
    assert "&lt;site&gt;" in text
    assert "<site>" not in text
    assert extractor.extracted == 72


def test_without_a_column_the_quality_is_measured(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    numbers, page = tmp_path / "n.json", tmp_path / "p.html"
    done(run(people(6, 4), "--json", numbers, "--report", page))
    found = read_evaluation(numbers.read_bytes())
    assert found.discards[0].fnmr == found.built_in.fnmr
    assert "Error against discarded quality" in page.read_text()
    assert extractor.extracted == 24


def test_enrolment_asks_for_more_than_the_gate(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The eyes of a pattern are 40 pixels apart."""
    chain = pattern_chain(PatternExtractor())

    def ask_for(pixels: int) -> None:
        limits = replace(chain.enrolment_limits, inter_eye_pixels=pixels)
        asking = replace(chain, enrolment_limits=limits)
        monkeypatch.setattr(evaluate, "open_chain", lambda *_: asking)

    folder, cache = people(4, 3), tmp_path / "features"
    ask_for(40)
    done(run(folder, "--cache", cache))
    ask_for(41)
    nobody = run(folder)
    assert isinstance(nobody.exception, EvaluationError)
    assert "12 of 12 enrolments failed (face-too-small 12)" in str(nobody.exception)
    # What an earlier run judged by other limits is of no use.
    assert "under these rules" in str(run(folder, "--cache", cache).exception)


# -- Resuming ------------------------------------------------------------------------


def test_interrupted_it_goes_on_from_the_cache(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    folder, cache = people(5, 4), tmp_path / "features"
    extractor.stops_after = 7
    stopped = run(folder, "--cache", cache)
    assert stopped.exit_code != 0
    assert "goes on from" in stopped.output
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    extractor.stops_after = 10**9
    output = done(run(folder, "--cache", cache))
    assert "biometric data" in output
    assert extractor.extracted == 20
    done(run(folder, "--cache", cache))
    assert extractor.extracted == 20


def test_without_a_cache_it_begins_anew_and_leaves_nothing(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> None:
    folder = people(5, 4)
    before = set(tmp_path.rglob("*"))
    extractor.stops_after = 7
    stopped = run(folder)
    assert stopped.exit_code != 0
    assert "begins anew" in stopped.output
    extractor.stops_after = 10**9
    done(run(folder))
    assert extractor.extracted == 7 + 20
    assert set(tmp_path.rglob("*")) == before


# -- The results as JSON -------------------------------------------------------------


@pytest.fixture
def content(
    people: People, tmp_path: Path, extractor: PatternExtractor
) -> dict[str, object]:
    """An evaluation as JSON has it."""
    numbers = tmp_path / "n.json"
    done(run(labelled(people, tmp_path), "--json", numbers))
    assert extractor.extracted
    found: dict[str, object] = json.loads(numbers.read_text())
    return found


def test_what_is_written_is_read_again(content: dict[str, object]) -> None:
    data = json.dumps(content).encode()
    found = read_evaluation(data)
    assert read_evaluation(dump_evaluation(found)) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"people": "12"},
        {"people": True},
        {"fta": "0"},
        {"fta": 1e300},
        {"rates": {}},
        {"rates": [1]},
        {"built_in": None},
        {"findings": []},
        {"surplus": 1},
        {"fte_reasons": {"no-face": 0.5}},
    ],
)
def test_an_evaluation_of_another_form_is_refused(
    content: dict[str, object], changes: dict[str, object]
) -> None:
    with pytest.raises(EvaluationError):
        read_evaluation(json.dumps(content | changes).encode())


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b"[" * 10**5, b'{"format": NaN}']
)
def test_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(EvaluationError):
        read_evaluation(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(data=st.binary(max_size=100) | JSON_VALUES.map(lambda v: json.dumps(v).encode()))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(EvaluationError):
        read_evaluation(data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(RESULT_KEYS)), value=JSON_VALUES)
def test_an_evaluation_with_anything_in_it_is_read_or_refused(
    content: dict[str, object], key: str, value: object
) -> None:
    with suppress(EvaluationError):
        found = read_evaluation(json.dumps(content | {key: value}).encode())
        assert read_evaluation(dump_evaluation(found)) == found


def test_a_number_beyond_all_bounds_is_refused(content: dict[str, object]) -> None:
    text = json.dumps(content | {"eer": 0.125}).replace("0.125", "1e999")
    with pytest.raises(EvaluationError, match="eer"):
        read_evaluation(text.encode())


def test_an_evaluation_that_is_too_long_is_refused() -> None:
    with pytest.raises(EvaluationError, match="longer"):
        read_evaluation(b" " * (64 * 2**20 + 1))


def test_a_page_bears_any_name(content: dict[str, object]) -> None:
    found = read_evaluation(json.dumps(content).encode())
    hostile = "</title><script>alert(1)</script>\udcff"
    text = report(replace(found, data_set=hostile)).decode()
    assert "<script" not in text
    assert list(summary(found))


# -- On real faces -------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.data
def test_real_faces_are_told_apart(models: str, data: str, tmp_path: Path) -> None:
    """Sixty people of LFW with two pictures or more."""
    several = [
        person
        for person in sorted(Path(data, "lfw-dev").iterdir())
        if len(list(person.iterdir())) > 1
    ][:60]
    rows = [
        f"{picture},{person.name}"
        for person in several
        for picture in sorted(person.iterdir())[:2]
    ]
    listed = tmp_path / "some.csv"
    listed.write_text("\n".join(["path,person", *rows]))
    numbers = tmp_path / "n.json"
    words = "--face", "central", "--json", numbers, "--models", models
    done(run(listed, *words))
    found = read_evaluation(numbers.read_bytes())
    assert found.people == 60
    assert found.fta < 0.15
    assert found.eer < 0.03
    assert found.built_in.false_matches == 0
