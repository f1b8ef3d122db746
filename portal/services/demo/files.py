"""The files people attach in the demo, drawn and written here: screenshots, trade exports, statements."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from portal.services.attachments import StagedFile, Upload, staged

_BACK, _GRID, _LINE, _BAR = (250, 251, 252), (226, 230, 235), (22, 120, 110), (196, 214, 222)
_WIDTH, _HEIGHT = 640, 300
_SYMBOLS = ("ES", "NQ", "CL", "GC", "AAPL", "MSFT", "EURUSD")

Pixels = list[bytearray]


@contextmanager
def staged_files(names: Iterable[str]) -> Iterator[dict[str, StagedFile]]:
    """Each file in storage under a key of its own; if what follows fails, nothing of them stays."""
    with ExitStack() as stack:
        files = {}
        for name in names:
            [files[name]] = stack.enter_context(staged([Upload(name, io.BytesIO(content_of(name)))]))
        yield files


def content_of(name: str) -> bytes:
    """What the file of this name holds; the same name always holds the same."""
    chance = random.Random(name)  # noqa: S311 (a picture, not a secret)
    return _MAKERS[name.rpartition(".")[2]](name, chance)


def _png(name: str, chance: random.Random) -> bytes:
    """An equity curve over volume bars, as a screenshot of the journal shows it."""
    rows: Pixels = [bytearray(bytes(_BACK) * _WIDTH) for _ in range(_HEIGHT)]
    for y in range(30, _HEIGHT, 45):
        _fill(rows, 0, y, _WIDTH, y + 1, _GRID)
    level = _HEIGHT * 0.7
    for x in range(0, _WIDTH, 8):
        before, level = level, min(_HEIGHT - 40.0, max(25.0, level + chance.gauss(-1.6, 9)))
        _fill(rows, x + 1, _HEIGHT - int(10 + 40 * chance.random()), x + 6, _HEIGHT, _BAR)
        _stroke(rows, x, before, level)
    return _png_file(rows)


def _fill(rows: Pixels, left: int, top: int, right: int, bottom: int, colour: tuple[int, int, int]) -> None:
    for row in rows[top:bottom]:
        row[left * 3 : right * 3] = bytes(colour) * (right - left)


def _stroke(rows: Pixels, x: int, before: float, after: float) -> None:
    for step in range(8):
        y = int(before + (after - before) * step / 8)
        _fill(rows, x + step, y - 1, x + step + 1, y + 2, _LINE)


def _png_file(rows: Pixels) -> bytes:
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    picture = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", picture), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _csv(name: str, chance: random.Random) -> bytes:
    """Trades as a broker exports them."""
    lines = ["Date,Time,Symbol,Side,Quantity,Entry,Exit,Commission,P&L"]
    for number in range(40):
        entry = round(chance.uniform(20, 5000), 2)
        leave, size = round(entry * chance.uniform(0.985, 1.018), 2), chance.choice((1, 2, 5, 10))
        stamp = f"2025-{1 + number // 28:02}-{1 + number % 28:02},{chance.randint(9, 15):02}:{chance.randint(0, 59):02}"
        side, fee = chance.choice(("Long", "Short")), round(0.62 * size * 2, 2)
        result = (leave - entry) * size * (1 if side == "Long" else -1) - fee
        lines.append(f"{stamp},{chance.choice(_SYMBOLS)},{side},{size},{entry},{leave},{fee},{result:.2f}")
    return "\r\n".join([*lines, ""]).encode()


def _pdf(name: str, chance: random.Random) -> bytes:
    """One page with a heading and a few amounts."""
    amounts = [f"Item {number}:  {chance.randint(900, 9900) / 100:.2f} USD" for number in range(1, 6)]
    lines = [name.rpartition(".")[0].replace("-", " ").title(), "TradeSense", *amounts]
    shown = " ".join(f"({line}) Tj 0 -22 Td" for line in lines)
    page = f"BT /F1 14 Tf 72 760 Td {shown} ET".encode("latin-1")
    return _pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    )


def _pdf_file(*objects: bytes) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(out),
    )


_MAKERS: dict[str, Callable[[str, random.Random], bytes]] = {"png": _png, "csv": _csv, "pdf": _pdf}
