"""Broken inputs out of whole ones: bytes that rotted, and values that somebody edited, checksums and all."""

import io
import json
import pathlib
import random
import struct
import zipfile

import numpy as np

HOSTILE = (
    None, True, -1, 0, 2**31, 10**400, -0.5, 1e308, float("nan"), float("inf"), "", "../../../gone", "/gone", "=1+1", "a\nb",
    "\x1b[31m", "\ud800", "x" * 10_000, [], {}, [1, 2], ["a"], {"a": 1}, [[[[]]]],
)  # fmt: skip
NAMES = (
    "..", "a/b", "-rf", "--out", "a b", "a:b", "tcp:1", "a#b", "a%d", "%05d", "=1+1", "a\nb", "a\tb", "\x1b[31m", "é", "Ⅻ",
    "a" * 250, "CON", "con", "a.", ".a", " a", "*", "~", "$HOME", "\u202ea", "\U0001f600", "a\u0301", "0", "sim", "csi",
)  # fmt: skip


def rotted(content, rng):
    """Bytes that a disk or a network changed."""
    broken = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if not broken:
            break
        place = min(
            rng.randrange(len(broken)), rng.randrange(len(broken)) if rng.random() < 0.5 else len(broken)
        )
        size = rng.choice((1, 4, 16, 256))
        what = rng.choice(("flip", "cut", "drop", "zero", "insert", "swap"))
        if what == "flip":
            broken[place % len(broken)] ^= 1 << rng.randrange(8)
        elif what == "cut" and rng.random() < 0.3:
            del broken[place:]
        elif what == "drop":
            del broken[place : place + size]
        elif what == "zero":
            broken[place : place + size] = bytes(len(broken[place : place + size]))
        elif what == "insert":
            broken[place:place] = rng.randbytes(size)
        elif what == "swap":
            other = rng.randrange(len(broken))
            one, two = broken[place : place + size], broken[other : other + size]
            broken[place : place + size], broken[other : other + size] = two, one
    return bytes(broken)


def edited_json(text, rng):
    """JSON in which a value somewhere is another, is gone, or stands twice."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # edited already
        return text[::-1]
    places = list(_places(value))
    if not places or rng.random() < 0.05:
        return json.dumps(rng.choice(HOSTILE))
    holder, key = rng.choice(places)
    way = rng.random()
    if way < 0.15:
        del holder[key]
    elif way < 0.25:
        return json.dumps(value).replace(json.dumps(holder[key]), "[" * 100_000, 1)
    else:
        holder[key] = rng.choice(HOSTILE)
    return json.dumps(value)


def _places(value):
    """(list or dict, index or key) of everything inside."""
    for key in (
        range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ()
    ):
        yield value, key
        yield from _places(value[key])


def edited_lines(text, rng):
    """Lines of JSON of which one or two are edited, doubled, exchanged, cut or strange."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2))):
        number = rng.randrange(len(lines))
        way = rng.random()
        if way < 0.7:
            lines[number] = edited_json(lines[number], rng)
        elif way < 0.8:
            lines[number] = lines[rng.randrange(len(lines))]
        elif way < 0.9:
            lines[number] = lines[number][: rng.randrange(len(lines[number]) + 1)]
        else:
            lines[number] = rng.choice(
                ("", "null", "3", "[" * 10**5, "{}", '{"path": "../../gone"}', "\udcff")
            )
    return "\n".join(lines) + "\n"


def edited_csv(text, rng):
    """A table in which a cell is another, or a line has more or fewer."""
    rows = [line.split(",") for line in text.splitlines()]
    row = rng.choice(rows)
    way = rng.random()
    if way < 0.6:
        row[rng.randrange(len(row))] = str(rng.choice((*HOSTILE, *NAMES, "\0", '"', "/dev/null", "." * 5000)))
    elif way < 0.8:
        row.append("more")
    else:
        del row[rng.randrange(len(row))]
    return "\n".join(",".join(row) for row in rows) + "\n"


def edited_archive(content, rng, before=0):
    """A zip in which one member is edited, is gone, claims to be huge, or is one.

    Args:
        content: bytes, behind `before` bytes of something else, which stay.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = rng.choice(sorted(members))
    way = rng.random()
    if way < 0.1:
        del members[name]
    elif way < 0.15:
        members[name] = bytes(2**28)
    elif name.endswith(".npy"):
        members[name] = edited_array(members[name], rng)
    elif name.endswith(".json"):
        members[name] = edited_json(members[name], rng)
    else:
        members[name] = rotted(members[name], rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, member in members.items():
            archive.writestr(
                name, member if isinstance(member, bytes) else member.encode("utf-8", "surrogatepass")
            )
    return content[:before] + buffer.getvalue()


def edited_array(content, rng):
    """An array's file of another type, shape, length or value."""
    array = np.load(io.BytesIO(content))
    way = rng.randrange(6)
    if way == 0:
        return rotted(content, rng)
    if way == 1:
        return (
            content[:10].replace(b"\x93", b"\x93")
            + content[10:].replace(b"(", b"(1000000000000, ", 1)[: len(content) - 10]
        )
    if way == 2 and array.dtype.kind == "f":
        array = np.full_like(array, rng.choice((np.nan, np.inf, 1e30)))
    elif way == 3 and array.dtype.kind != "U":
        array = array.astype(rng.choice(("f8", "i1", "u2", "U7", "c8")))
    elif way == 4:
        array = array.reshape(-1)[: rng.randrange(array.size + 1)]
    else:
        array = array[None]
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array)
    return buffer.getvalue()


def break_file(path, rng, before=0):
    """Breaks a file by what fits its kind, or as a disk would."""
    path = pathlib.Path(path)
    content = path.read_bytes()
    edit = {".json": edited_json, ".jsonl": edited_lines, ".csv": edited_csv}.get(path.suffix)
    if edit is not None and rng.random() < 0.6:
        path.write_text(edit(content.decode(), rng), encoding="utf-8", errors="surrogatepass")
    elif path.suffix in (".npz", ".keras", ".tflite") and rng.random() < 0.5:
        path.write_bytes(edited_archive(content, rng, before))
    else:
        path.write_bytes(rotted(content, rng))


def huge_picture(rng):
    """A PNG's first bytes that say that it is of any size."""
    size = struct.pack(">II", rng.choice((1, 30_000, 2**31 - 1)), rng.choice((1, 30_000, 2**31 - 1)))
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0" + rng.randbytes(64)


def named(rng: random.Random):
    """A name that somebody may give to anything."""
    return rng.choice(NAMES) + rng.choice(("", rng.choice(NAMES)))
