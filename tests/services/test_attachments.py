"""Files: whole or not at all, limits named, names harmless, types by content."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal.base.clock import now
from portal.base.database import db
from portal.base.storage import storage
from portal.base.unit_of_work import unit_of_work
from portal.models import Attachment
from portal.rules.vocabulary import Channel
from portal.services import attachments, guests
from portal.services.attachments import Upload, UploadRefused, clean_name, sniffed_type, staged
from portal.services.tickets.opening import NewTicket
from portal.services.tidying import tidy
from tests.cast import Cast
from tests.factories import category, opened

MEGABYTE = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20


class Zeros:
    """A stream of so many zero bytes that never lie in memory together."""

    def __init__(self, size: int) -> None:
        self.left, self.largest_read = size, 0

    def read(self, amount: int = -1) -> bytes:
        assert amount > 0, "asked for everything at once"
        self.largest_read = max(self.largest_read, amount)
        taken = min(amount, self.left)
        self.left -= taken
        return b"\0" * taken


def upload(name: str = "log.txt", content: bytes = b"hello") -> Upload:
    return Upload(name, BytesIO(content))


def zeros(size: int) -> Upload:
    stream: IO[bytes] = Zeros(size)  # type: ignore[assignment]
    return Upload("zeros.bin", stream)


@pytest.fixture(autouse=True)
def nothing_left_over(app: object) -> Iterator[None]:
    """Each test begins with an empty storage."""
    for key, _ in list(storage().stored_keys()):
        storage().delete(key)
    return


def stored() -> int:
    return sum(1 for path in storage().folder.rglob("*") if path.is_file())


class TestStaging:
    def test_keeps_what_was_sent(self) -> None:
        with staged([upload()]) as [file]:
            assert storage().open(file.key).read() == b"hello"
            assert (file.size, file.sha256[:8]) == (5, "2cf24dba")

    def test_leaves_nothing_when_what_follows_fails(self) -> None:
        def stage_and_fail() -> None:
            with staged([upload(), upload()]):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            stage_and_fail()
        assert stored() == 0

    def test_of_more_than_ten_files_stores_none(self) -> None:
        with pytest.raises(UploadRefused, match="10 files"), staged([upload()] * 11):
            pass
        assert stored() == 0

    def test_takes_a_file_of_exactly_the_limit_in_small_pieces(self) -> None:
        wanted = zeros(25 * MEGABYTE)
        with staged([wanted]) as [file]:
            assert file.size == 25 * MEGABYTE
        assert wanted.stream.largest_read <= MEGABYTE  # type: ignore[attr-defined]

    def test_of_one_byte_more_names_the_limit_and_leaves_nothing_of_the_others_either(self) -> None:
        with (
            pytest.raises(UploadRefused, match=r"“zeros\.bin” is larger than 25 MB"),
            staged([upload(), zeros(25 * MEGABYTE + 1)]),
        ):
            pass
        assert stored() == 0

    def test_that_breaks_off_leaves_nothing(self) -> None:
        class Broken(BytesIO):
            def read(self, amount: int | None = -1) -> bytes:
                raise ConnectionResetError

        with pytest.raises(ConnectionResetError), staged([upload(), Upload("half.bin", Broken())]):
            pass
        assert stored() == 0

    def test_an_empty_file_is_a_file(self) -> None:
        with staged([upload(content=b"")]) as [file]:
            assert (file.size, file.content_type) == (0, "application/octet-stream")


def test_a_ticket_that_fails_leaves_neither_row_nor_file(cast: Cast) -> None:
    with pytest.raises(AttributeError):
        opened(cast.ana, files=[("log.txt", b"hello")], tags=[object()])
    db.session.rollback()
    assert (stored(), db.session.scalar(select(func.count()).select_from(Attachment))) == (0, 0)


def test_what_is_stored_is_what_the_row_says(cast: Cast) -> None:
    opened(cast.ana, files=[("one.bin", bytes(range(256)) * 5000), ("two.txt", b"hello")])
    for row in db.session.scalars(select(Attachment)):
        content = storage().open(row.key).read()
        assert (len(content), sha256(content).hexdigest()) == (row.size, row.sha256)


class TestTheSweep:
    def test_keeps_files_of_messages_and_of_links_on_their_way(self, cast: Cast) -> None:
        opened(cast.ana, files=[("log.txt", b"hello")])
        with staged([upload()]) as files, unit_of_work():
            wanted = NewTicket("Hello", "Hello", category(), Channel.WEB, files)
            guests.ask_to_confirm("eva@example.net", "Eva", wanted)
        assert tidy(now() + timedelta(days=1, hours=1))["files"] == 0
        assert stored() == 2

    def test_removes_what_found_no_message_within_a_day_and_what_a_kill_left_half_written(self, cast: Cast) -> None:
        with staged([upload()]) as [file]:
            pass
        half = storage().folder / "ab" / f"ab{'0' * 30}.part"
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(b"half")
        tidy(now() + timedelta(hours=23))
        assert stored() == 2, file.key
        tidy(now() + timedelta(hours=25))
        assert stored() == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\log.txt", "log.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ("nul\0byte.txt", "nulbyte.txt"),
        ("surrogate\ud800.txt", "surrogate.txt"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("/", "file"),
        ("   ", "file"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("Übersicht März.pdf", "Übersicht März.pdf"),
    ],
)
def test_a_name_is_only_a_harmless_label(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@given(st.text())
def test_no_name_gets_a_path_or_a_line_break_through(name: str) -> None:
    shown = clean_name(name)
    assert shown.isprintable()
    assert not {"/", "\\"} & set(shown)
    assert 0 < len(shown) <= attachments.NAME_LENGTH


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"plain words", "text/plain"),
        ("Grüße".encode(), "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "text/plain"),
        (b"<!doctype html><script>alert(1)</script>", "text/plain"),
        (b"MZ\x90\0\x03", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"\xff\xfe\x00", "application/octet-stream"),
    ],
)
def test_the_type_is_found_in_the_content_and_never_one_a_browser_runs(head: bytes, kind: str) -> None:
    assert sniffed_type(head) == kind


@given(st.binary(max_size=64))
def test_whatever_the_content_its_type_is_of_the_short_list(head: bytes) -> None:
    assert sniffed_type(head) in {*attachments._KNOWN.values(), "text/plain", attachments.UNKNOWN}
