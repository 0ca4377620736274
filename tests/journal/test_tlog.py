"""Tiles, checkpoints and notes: C2SP's formats, and the log that others published."""

import base64
import contextlib
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.errors import JournalError, TamperedError
from ostiary.journal import (
    EMPTY_ROOT,
    JOURNAL_LIMITS,
    Checkpoint,
    Edge,
    EntryProof,
    Note,
    NoteKey,
    SignatureType,
    StoredTree,
    Tile,
    check_growth,
    check_proof,
    check_tree,
    consistency_proof,
    cosign,
    cosigned_at,
    dump_note,
    dump_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    open_checkpoint,
    read_checkpoint,
    read_edge,
    read_entries,
    read_entry,
    read_note,
    sign_checkpoint,
)
from ostiary.journal.merkle import root_of
from ostiary.journal.proof import Growth, dump_growth
from ostiary.journal.tiles import ENTRIES, read_bundle, row, write_bundle
from tests.conftest import NOW

# The public key of the log in the vectors, as its makers (Tessera) publish it.
TESSERA = (
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = NoteKey("example.com/journal", SIGNER.public_key())
WITNESS = NoteKey("witness.example", OTHER.public_key(), SignatureType.COSIGNATURE)


class Tiles:
    """A log in memory, grown entry by entry."""

    def __init__(self, size: int) -> None:
        self.files: dict[str, bytes] = {}
        self.edge = Edge()
        for number in range(size):
            self.edge, made = self.edge.appended(b"entry %d" % number)
            assert not made.keys() & self.files.keys()
            self.files.update(made)

    def read(self, tile: Tile) -> bytes:
        for each in (tile, tile.whole):
            if each.path in self.files:
                return self.files[each.path]
        raise TamperedError(f"{tile.path} is missing")


@pytest.fixture(scope="module")
def large() -> Tiles:
    """Two levels of tiles, the second partial."""
    return Tiles(256 * 3 + 70)


# Published vectors


@pytest.mark.published
def test_the_published_log_is_made_again_file_by_file(published: Path) -> None:
    there, key = published / "tlog-tiles", NoteKey.read(TESSERA)
    bundle = Tile(ENTRIES, 0, 15)
    entries = read_bundle((there / bundle.path).read_bytes(), bundle)
    files: dict[str, bytes] = {}
    edge = Edge()
    for size in range(len(entries) + 1):
        note = (there / f"checkpoint.{size}").read_bytes()
        found = open_checkpoint(note, key)
        assert found == Checkpoint(key.name, size, edge.root)
        assert dump_note(read_note(note)) == note
        assert found.text == read_note(note).text
        if size < len(entries):
            edge, made = edge.appended(entries[size])
            files.update(made)
    published_files = {
        path.relative_to(there).as_posix(): path.read_bytes()
        for path in (there / "tile").rglob("*")
        if path.is_file()
    }
    assert len(published_files) == 30
    assert files == published_files


@pytest.mark.published
def test_each_published_checkpoint_follows_from_those_before(published: Path) -> None:
    there, key = published / "tlog-tiles", NoteKey.read(TESSERA)

    def read(tile: Tile) -> bytes:
        return (there / tile.path).read_bytes()

    notes = [(there / f"checkpoint.{size}").read_bytes() for size in range(16)]
    for size, note in enumerate(notes):
        newer, stored = open_checkpoint(note, key), StoredTree(size, read)
        for old in range(1, size + 1):
            known = open_checkpoint(notes[old], key)
            hashes = tuple(consistency_proof(old, size, stored))
            body = dump_growth(Growth(old, hashes, note))
            assert check_growth(body, key, known) == newer
    assert notes[15] == (there / "checkpoint").read_bytes()


def test_the_example_of_the_specification_is_read() -> None:
    """C2SP tlog-checkpoint and tlog-cosignature; their keys are not published."""
    text = (
        "example.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    signatures = (
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe"
        "4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXE"
        "hZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    note = read_note(f"{text}\n{signatures}".encode())
    assert note.text == text
    assert read_checkpoint(text).size == 20_852_163
    assert [each.name for each in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    # The time of the specification's cosigned message.
    assert int.from_bytes(note.signatures[1].content[:8]) == 1_679_315_147


# Tiles


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile("0", 0, 256), "tile/0/000"),
        (Tile("0", 273, 112), "tile/0/273.p/112"),
        (Tile("1", 1_234_067, 256), "tile/1/x001/x234/067"),
        (Tile(ENTRIES, 1_000, 1), "tile/entries/x001/000.p/1"),
    ],
)
def test_a_tile_lies_where_the_specification_says(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    leaves, second, third = row("0", 70_000), row("1", 273), row("2", 1)
    widths = [[tile.width for tile in each] for each in (leaves, second, third)]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]


@given(st.lists(st.binary(max_size=600), min_size=1, max_size=256))
def test_a_bundle_comes_back_and_each_of_its_parts(entries: list[bytes]) -> None:
    data = write_bundle(entries)
    for width in {1, len(entries)}:
        tile = Tile(ENTRIES, 0, width)
        assert read_bundle(data, tile) == tuple(entries[:width])
    with pytest.raises(TamperedError, match=f"entry {len(entries) - 1} "):
        read_bundle(data[:-1], Tile(ENTRIES, 0, len(entries)))


@settings(max_examples=30)
@given(size=st.integers(1, 600))
def test_an_edge_read_from_tiles_is_the_one_that_wrote_them(size: int) -> None:
    tiles = Tiles(size)
    edge = read_edge(size, tiles.read)
    assert edge == tiles.edge
    assert edge.root == root_of([leaf_hash(b"entry %d" % n) for n in range(size)])
    check_tree(size, edge.root, tiles.read, len)
    assert list(read_entries(size, tiles.read))[-1] == b"entry %d" % (size - 1)


def test_the_tiles_serve_for_every_tree_so_far(large: Tiles) -> None:
    for size in (1, 255, 256, 257, 512, 700, large.edge.size):
        edge = read_edge(size, large.read)
        check_tree(size, edge.root, large.read, len)
        assert read_entry(size - 1, size, large.read) == b"entry %d" % (size - 1)


def test_proofs_from_tiles_hold(large: Tiles) -> None:
    size, root = large.edge.size, large.edge.root
    stored = StoredTree(size, large.read)
    for index in (0, 255, 256, 500, size - 1):
        leaf = leaf_hash(b"entry %d" % index)
        proof = inclusion_proof(index, size, stored)
        assert is_included(leaf, index, size, proof, root)
    for old in (1, 256, 300, 768, size):
        before = read_edge(old, large.read).root
        proof = consistency_proof(old, size, stored)
        assert is_consistent(old, before, size, root, proof)


def test_no_file_of_the_tree_can_be_changed(large: Tiles) -> None:
    size, root = large.edge.size, large.edge.root
    used: list[str] = []

    def noting(tile: Tile) -> bytes:
        used.append(tile.path)
        return large.read(tile)

    check_tree(size, root, noting, len)
    assert len(used) == 9
    for path in used:
        for spoilt in (
            bytes([large.files[path][0], *large.files[path][1:-1]]),
            bytes([large.files[path][0] ^ 1, *large.files[path][1:]]),
            large.files[path][:-1] + bytes([large.files[path][-1] ^ 1]),
        ):
            bent = Tiles(0)
            bent.files = {**large.files, path: spoilt}
            with pytest.raises(TamperedError, match=r"tile|entry"):
                check_tree(size, root, bent.read, len)


def test_a_changed_entry_is_named() -> None:
    tiles = Tiles(5)
    path = "tile/entries/000.p/5"
    tiles.files[path] = tiles.files[path].replace(b"entry 3", b"entry 9")
    with pytest.raises(TamperedError, match=r"^entry 3 is not"):
        check_tree(5, tiles.edge.root, tiles.read, len)
    with pytest.raises(TamperedError, match=r"^entry 3 is not"):
        read_edge(5, tiles.read)


def test_entries_and_journals_have_a_longest() -> None:
    longest = bytes(JOURNAL_LIMITS.entry_bytes)
    assert Edge().appended(longest)[0].size == 1
    with pytest.raises(JournalError, match="at most 6144 bytes"):
        Edge().appended(longest + b"x")
    with pytest.raises(JournalError, match="full"):
        Edge(JOURNAL_LIMITS.size).appended(b"")


# Notes and checkpoints


CHECKPOINT = Checkpoint(KEY.name, 3, hashlib.sha256(b"3").digest())
NOTE = sign_checkpoint(CHECKPOINT, SIGNER)


def test_a_checkpoint_comes_back() -> None:
    assert open_checkpoint(NOTE, KEY) == CHECKPOINT
    assert NoteKey.read(KEY.text) == KEY
    assert NoteKey.read(WITNESS.text).kind is SignatureType.COSIGNATURE


@given(place=st.integers(0, len(NOTE) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_checkpoint_can_be_changed(place: int, bit: int) -> None:
    spoilt = bytearray(NOTE)
    spoilt[place] ^= 1 << bit
    with pytest.raises(JournalError):
        open_checkpoint(bytes(spoilt), KEY)


@given(st.integers(0, len(NOTE) - 1))
def test_no_torn_checkpoint_counts(length: int) -> None:
    for torn in (NOTE[:length], NOTE[:length] + bytes(len(NOTE) - length)):
        with pytest.raises(JournalError):
            open_checkpoint(torn, KEY)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_note_or_a_documented_error(data: bytes) -> None:
    with contextlib.suppress(JournalError):
        assert dump_note(read_note(data)) == data
    with pytest.raises(JournalError):
        open_checkpoint(data, KEY)
    with pytest.raises(JournalError):
        check_proof(data, KEY)
    with pytest.raises(JournalError):
        check_growth(data, KEY, CHECKPOINT)
    with pytest.raises(JournalError):
        NoteKey.read(data.decode("latin-1"))


def test_a_checkpoint_of_another_key_or_journal_is_refused() -> None:
    stranger = NoteKey(KEY.name, OTHER.public_key())
    with pytest.raises(JournalError, match="no signature"):
        open_checkpoint(NOTE, stranger)
    with pytest.raises(JournalError, match="is expected"):
        open_checkpoint(NOTE, NoteKey("example.com/other", SIGNER.public_key()))
    forged = sign_checkpoint(CHECKPOINT, OTHER)
    with pytest.raises(JournalError, match="no signature"):
        open_checkpoint(forged, KEY)


def test_further_signatures_are_passed_over_and_false_ones_of_the_key_are_not() -> None:
    note = read_note(NOTE)
    foreign = read_note(sign_checkpoint(CHECKPOINT, OTHER)).signatures
    more = Note(note.text, (*foreign, *note.signatures))
    assert open_checkpoint(dump_note(more), KEY) == CHECKPOINT
    other = read_note(sign_checkpoint(Checkpoint(KEY.name, 0, EMPTY_ROOT), SIGNER))
    mixed = Note(note.text, (*note.signatures, *other.signatures))
    with pytest.raises(TamperedError, match="does not hold"):
        open_checkpoint(dump_note(mixed), KEY)


@pytest.mark.parametrize(
    "text",
    [
        "o\n3\n",
        "o\n03\n" + "A" * 43 + "=\n",
        "o\n+3\n" + "A" * 43 + "=\n",
        "o\n٣\n" + "A" * 43 + "=\n",
        "o\n3\n" + "A" * 42 + "B=\n",
        "o\n3\nAAAA\n",
        "o\n0\n" + "A" * 43 + "=\n",
        "o p\n3\n" + "A" * 43 + "=\n",
        "\n3\n" + "A" * 43 + "=\n",
        "o\n99999999999\n" + "A" * 43 + "=\n",
        "o\n3\n" + "A" * 43 + "=\nextension\n",
        "o\n" + "9" * 5000 + "\n" + "A" * 43 + "=\n",
    ],
)
def test_a_checkpoint_has_one_form(text: str) -> None:
    with pytest.raises(JournalError):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "note",
    [
        b"\xff\n\n",
        b"text\n\n",
        b"text\n\n- name AAAAAAA=\n",
        "text\n\n— name AAAAAAA=".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— na\u00a0me AAAAAAA=\n".encode(),
        "te\rxt\n\n— name AAAAAAA=\n".encode(),
        b"x" * (JOURNAL_LIMITS.note_bytes + 1),
    ],
)
def test_a_note_has_one_form(note: bytes) -> None:
    with pytest.raises(JournalError):
        read_note(note)


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+00000000+AA==", KEY.text[:-4]])
def test_a_key_has_one_form(text: str) -> None:
    with pytest.raises(JournalError):
        NoteKey.read(text)
    with pytest.raises(JournalError, match="identifier"):
        NoteKey.read(KEY.text.replace("journal", "other"))


def test_a_note_may_have_many_signatures() -> None:
    note = read_note(NOTE)
    many = Note(note.text, note.signatures * 16)
    assert open_checkpoint(dump_note(many), KEY) == CHECKPOINT


# Witnesses


def test_a_witness_says_when_it_saw_a_checkpoint() -> None:
    added = cosign(CHECKPOINT.text, WITNESS.name, OTHER, NOW)
    later = cosign(CHECKPOINT.text, WITNESS.name, OTHER, NOW + timedelta(hours=1))
    note = read_note(NOTE)
    both = Note(note.text, (*note.signatures, added, later))
    assert open_checkpoint(dump_note(both), KEY) == CHECKPOINT
    assert cosigned_at(both, WITNESS) == NOW + timedelta(hours=1)
    assert cosigned_at(note, WITNESS) is None
    elsewhere = Note(f"{note.text}x\n", (added,))
    with pytest.raises(TamperedError, match=r"witness\.example does not hold"):
        cosigned_at(elsewhere, WITNESS)


def test_a_cosignature_is_what_the_specification_says_is_signed() -> None:
    added = cosign(CHECKPOINT.text, WITNESS.name, OTHER, NOW)
    seconds = int(NOW.timestamp())
    message = f"cosignature/v1\ntime {seconds}\n{CHECKPOINT.text}".encode()
    assert added.content == seconds.to_bytes(8) + OTHER.sign(message)
    material = b"witness.example\n\x04" + OTHER.public_key().public_bytes_raw()
    assert added.identifier == hashlib.sha256(material).digest()[:4]


@given(place=st.integers(0, 71), bit=st.integers(0, 7))
def test_no_bit_of_a_cosignature_can_be_changed(place: int, bit: int) -> None:
    added = cosign(CHECKPOINT.text, WITNESS.name, OTHER, NOW)
    spoilt = bytearray(added.identifier + added.content)
    spoilt[4 + place] ^= 1 << bit
    line = f"— {WITNESS.name} {base64.b64encode(spoilt).decode()}\n".encode()
    note = read_note(CHECKPOINT.text.encode() + b"\n" + line)
    with pytest.raises(TamperedError):
        cosigned_at(note, WITNESS)


def test_growth_is_told_from_rewriting_and_cutting(large: Tiles) -> None:
    def note_of(size: int, root: bytes) -> bytes:
        return sign_checkpoint(Checkpoint(KEY.name, size, root), SIGNER)

    size = large.edge.size
    known = Checkpoint(KEY.name, 300, read_edge(300, large.read).root)
    hashes = tuple(consistency_proof(300, size, StoredTree(size, large.read)))
    newer = note_of(size, large.edge.root)
    body = dump_growth(Growth(300, hashes, newer))
    assert check_growth(body, KEY, known).size == size
    other = Checkpoint(KEY.name, 300, EMPTY_ROOT)
    with pytest.raises(TamperedError, match="rewritten"):
        check_growth(body, KEY, other)
    cut = dump_growth(Growth(300, (), note_of(299, read_edge(299, large.read).root)))
    with pytest.raises(TamperedError, match="taken out"):
        check_growth(cut, KEY, known)
    with pytest.raises(JournalError, match="begins at 299"):
        check_growth(body.replace(b"old 300", b"old 299"), KEY, known)
    nothing = Checkpoint(KEY.name, 0, EMPTY_ROOT)
    first = dump_growth(Growth(0, (), newer))
    assert check_growth(first, KEY, nothing).size == size
    long = dump_growth(Growth(300, hashes * 20, newer))
    with pytest.raises(JournalError, match="at most 63"):
        check_growth(long, KEY, known)


PROOF = dump_proof(EntryProof(b"entry", 0, (), sign_checkpoint(CHECKPOINT, SIGNER)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2"),
        (b"extra ZW50cnk=\n", b""),
        (b"extra ", b"Extra "),
        (b"index 0", b"index 00"),
        (b"index 0", b"index 0\nAAAA"),
        (b"index 0", "index \u0660".encode()),
        (b"\n\n", b"\n"),
        (b"index 0", b"index 0" + b"\n" * JOURNAL_LIMITS.note_bytes * 2),
    ],
)
def test_a_proof_has_one_form(old: bytes, new: bytes) -> None:
    with pytest.raises(JournalError) as caught:
        check_proof(PROOF.replace(old, new), KEY)
    assert not isinstance(caught.value, TamperedError)
    with pytest.raises(TamperedError, match="does not stand"):
        check_proof(PROOF, KEY)
