"""Directories, tables and pairs: what is there is found, what is wrong is named."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.errors import EvaluationError, StorageError
from ostiary.evaluation.acquisition import Samples
from ostiary.evaluation.dataset import DataSet, Picture, read_data_set
from ostiary.evaluation.report import wording
from ostiary.evaluation.ten_fold import Pair, read_pairs, ten_fold
from ostiary.evaluation.trials import subjects_of
from ostiary.reasons import Reason

KEEPS_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_directory_has_people_and_their_pictures(tmp_path: Path) -> None:
    for name in ("Bo/2.jpg", "Bo/1.jpg", "Al/x.JPG", "Al/notes.txt", "Al/.hidden"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "set" / "stray.png").touch()
    (tmp_path / "set" / "README.md").touch()
    found = read_data_set(tmp_path / "set")
    assert found.name == "set"
    # What is no picture is tried, and then named.
    names = [picture.name for picture in found.pictures]
    assert names == ["Al/notes.txt", "Al/x.JPG", "Bo/1.jpg", "Bo/2.jpg"]
    assert found.astray == ("stray.png",)
    assert not found.has_sessions


def test_a_table_has_sessions_quality_and_labels(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    found = read_data_set(
        table(
            tmp_path,
            "\ufeffperson,path,session,quality,site\r\n"
            "Bo,b.png,2,12.5,north\r\nAl,a.png,1,,south\r\n"
            'Al,"gone, too.png",1,3,south\r\n',
        )
    )
    assert [picture.person for picture in found.pictures] == ["Al", "Bo"]
    assert [picture.quality for picture in found.pictures] == [None, 12.5]
    assert found.has_sessions
    assert found.missing == ("gone, too.png",)
    assert found.labels == {"site": {"Al": "south", "Bo": "north"}}
    assert subjects_of(found).names == ("Al", "Bo")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "first row"),
        ("path,person,path\n", "first row"),
        ("path,name\na,b\n", "first row"),
        ("path,person\na\n", "row 2"),
        ("path,person\na,b,c\n", "row 2"),
        ("path,person\n,b\n", "row 2 lacks"),
        ("path,person\na.png,b\na.png,c\n", "row 3 names"),
        ("path,person,quality\na,b,good\n", "row 2: quality"),
        ("path,person,quality\na,b,nan\n", "row 2: quality"),
        ("path,person,quality\na,b,101\n", "row 2: quality"),
        ("path,person,age\na.png,b,x\nb.png,b,y\n", "row 3: age"),
        ("path,person,age\na.png,b,\n", "row 2: age"),
        (f"path,person,{','.join(map(str, range(11)))}\na,b{',x' * 11}\n", "labels"),
        (
            "path,person,n\n" + "".join(f"{n},{n},{n}\n" for n in range(41)),
            "n has more",
        ),
        ("path,person,session\nhere.png,b,1\nhere2.png,b,\n", "some pictures"),
        ('path,person\n"a,b\n', "not a table"),
        (b"path,person\n\xff,b\n", "not a table"),
        ("path,person\ngone.png,b\n", "no pictures"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    for name in ("a", "b", "a.png", "b.png", "here.png", "here2.png"):
        (tmp_path / name).touch()
    with pytest.raises(EvaluationError, match=complaint):
        read_data_set(table(tmp_path, text))


def test_a_table_or_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        read_data_set(tmp_path / "none.csv")
    with pytest.raises(EvaluationError, match="no pictures"):
        read_data_set(tmp_path)


def test_a_name_that_no_file_can_have_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    long = "x" * 5000
    found = read_data_set(table(tmp_path, f"path,person\na.png,b\n{long},b\n"))
    assert found.missing == (long,)


@KEEPS_FOLDER
@given(
    content=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode))
)
def test_any_table_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    with suppress(EvaluationError):
        read_data_set(table(tmp_path, b"path,person\n" + content))


@KEEPS_FOLDER
@given(content=st.text(st.sampled_from("0123456789\t\nAb \x85\ufeff"), max_size=60))
def test_any_list_of_pairs_is_read_or_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(content, encoding="utf-8", newline="")
    with suppress(EvaluationError):
        assert read_pairs(path)


PAIRS = "2\t1\nAl\t1\t2\nAl\t1\tBo\t1\nBo\t1\t2\nAl\t2\tBo\t7\n"


def pairs_of(folder: Path, text: str = PAIRS) -> tuple[Pair, ...]:
    path = folder / "pairs.txt"
    path.write_text(text)
    return read_pairs(path)


def test_pairs_are_read_with_their_folds(tmp_path: Path) -> None:
    found = pairs_of(tmp_path)
    assert [pair.fold for pair in found] == [0, 0, 1, 1]
    assert [pair.mated for pair in found] == [True, False, True, False]
    assert found[0].second == ("Al", "Al_0002")
    assert [pair.fold for pair in pairs_of(tmp_path, "1\nAl\t1\t2\nA\t1\tB\t1\n")] == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1"),
        ("ten\n", "line 1"),
        ("0\t5\n", "line 1"),
        ("1\t1\nAl\t1\t2\n", "promises 2 pairs"),
        ("1\t1\nAl\t1\t2\nAl 1 Bo 1\n", "line 3"),
        ("1\t1\nAl\t1\tx\nAl\t1\tBo\t1\n", "line 2"),
        ("1\t1\nAl\t1\t99999999\nAl\t1\tBo\t1\n", "line 2"),
    ],
)
def test_pairs_of_another_form_are_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(EvaluationError, match=complaint):
        pairs_of(tmp_path, text)


def test_the_figure_counts_what_is_there(tmp_path: Path) -> None:
    names = ["Al_0001", "Al_0002", "Bo_0001", "Bo_0002"]
    data = DataSet(
        name="x",
        pictures=tuple(
            Picture(Path(name), f"{name[:2]}/{name}.png", name[:2]) for name in names
        ),
        labels={},
    )
    features = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    samples = Samples(
        features=features,
        failures=(None,) * 4,
        enrolment_failures=(None,) * 4,
        qualities=(None,) * 4,
        unreadable=(None,) * 4,
        digests=(b"",) * 4,
    )
    figure, missing = ten_fold(pairs_of(tmp_path), data, samples)
    assert missing == ("Bo/Bo_0007",)
    assert figure is not None
    assert (figure.listed, figure.pairs, figure.missing) == (4, 3, 1)
    assert figure.not_acquired == 0
    # The other fold has one mated pair alone, and its score is the threshold.
    assert figure.accuracy == 1.0
    failed = Samples(
        features=features,
        failures=(None, None, Reason.NO_FACE, None),
        enrolment_failures=(None, None, Reason.NO_FACE, None),
        qualities=(None,) * 4,
        unreadable=(None,) * 4,
        digests=(b"",) * 4,
    )
    none, _ = ten_fold(pairs_of(tmp_path), data, failed)
    assert none is not None
    assert none.accuracy is none.standard_error is None
    assert (none.listed, none.missing) == (4, 1)
    assert "no figure" in wording.ten_fold(none)
    assert ten_fold((), data, samples) == (None, ())
