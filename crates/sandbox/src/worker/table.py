"""Tables over the bytes of an Arrow IPC file, without a copy, and files made of lists.

The layout is that of the Arrow Columnar Format 1.5: a file ends with a footer that says where its batches lie; footer
and messages are FlatBuffers.
"""

import struct
from array import array
from collections.abc import Mapping, Sequence

MAGIC = b"ARROW1"
_NULL, _INT, _FLOAT, _UTF8, _BOOL, _TIMESTAMP, _DURATION, _LARGE_UTF8 = 1, 2, 3, 5, 6, 10, 18, 20
_SCHEMA, _BATCH = 1, 3
_V5 = 4
_INTEGERS = {(8, True): "b", (16, True): "h", (32, True): "i", (64, True): "q",
             (8, False): "B", (16, False): "H", (32, False): "I", (64, False): "Q"}  # fmt: skip
_FLOATS = {1: "f", 2: "d"}
_UNITS = ("s", "ms", "us", "ns")


class _Flat:
    """A table of FlatBuffers at a place of a buffer."""

    def __init__(self, data, place):
        self.data, self.place = data, place
        self.fields = place - struct.unpack_from("<i", data, place)[0]
        self.size = struct.unpack_from("<H", data, self.fields)[0]

    @classmethod
    def root(cls, data, start):
        return cls(data, start + struct.unpack_from("<I", data, start)[0])

    def at(self, slot):
        """Where the field stands; 0 where it is left out."""
        entry = 4 + 2 * slot
        offset = struct.unpack_from("<H", self.data, self.fields + entry)[0] if entry < self.size else 0
        return self.place + offset if offset else 0

    def number(self, slot, form, default=0):
        at = self.at(slot)
        return struct.unpack_from("<" + form, self.data, at)[0] if at else default

    def _target(self, slot):
        at = self.at(slot)
        return at + struct.unpack_from("<I", self.data, at)[0] if at else 0

    def table(self, slot):
        target = self._target(slot)
        return _Flat(self.data, target) if target else None

    def text(self, slot):
        target = self._target(slot)
        if not target:
            return ""
        length = struct.unpack_from("<I", self.data, target)[0]
        return str(self.data[target + 4 : target + 4 + length], "utf-8")

    def tables(self, slot):
        target = self._target(slot)
        count = struct.unpack_from("<I", self.data, target)[0] if target else 0
        places = range(target + 4, target + 4 + 4 * count, 4)
        return [_Flat(self.data, at + struct.unpack_from("<I", self.data, at)[0]) for at in places]

    def structs(self, slot, form):
        target = self._target(slot)
        count = struct.unpack_from("<I", self.data, target)[0] if target else 0
        size = struct.calcsize(form)
        return [struct.unpack_from(form, self.data, target + 4 + size * at) for at in range(count)]


class Column(Sequence):
    """The values of a column; a missing one is `None`. Texts are decoded when they are asked for."""

    def __init__(self, name, kind, length, valid, values, codes=None):
        self.name, self.kind = name, kind
        self._length, self._valid, self._values, self._codes = length, valid, values, codes

    def __len__(self):
        return self._length

    @property
    def view(self):
        """The numbers as a typed `memoryview` of shared memory; where one is missing stands what nobody chose."""
        if isinstance(self._values, memoryview):
            return self._values
        raise TypeError(f"the column {self.name!r} of {self.kind} is not laid out as numbers")

    def _missing(self, row):
        return self._valid is not None and not self._valid[row >> 3] >> (row & 7) & 1

    def __getitem__(self, row):
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(self._length))]
        if row < 0:
            row += self._length
        if not 0 <= row < self._length:
            raise IndexError(f"row {row} of {self._length}")
        if self._missing(row):
            return None
        if self._codes is not None:
            row = self._codes[row]
        return self._values[row]

    def __repr__(self):
        return f"<column {self.name!r} of {self.kind}, {self._length} rows>"


class _Bits:
    def __init__(self, data):
        self.data = data

    def __getitem__(self, row):
        return bool(self.data[row >> 3] >> (row & 7) & 1)


class _Texts:
    def __init__(self, offsets, data):
        self.offsets, self.data = offsets, data

    def __getitem__(self, row):
        return str(self.data[self.offsets[row] : self.offsets[row + 1]], "utf-8")


class _Nothing:
    def __getitem__(self, row):
        return None


class Table(Mapping):
    """Columns by name. `len` counts columns, as of any mapping; `rows` counts rows."""

    def __init__(self, columns, rows):
        self._columns, self.rows = columns, rows

    @classmethod
    def from_lists(cls, columns):
        """A table of lists by name; `None` is a missing value."""
        return read(memoryview(write(columns)))

    def __getitem__(self, name):
        return self._columns[name]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        return len(self._columns)

    def records(self):
        """Each row as a dict, one after the other."""
        for row in range(self.rows):
            yield {name: column[row] for name, column in self._columns.items()}

    def __repr__(self):
        return f"<table of {self.rows} rows: {', '.join(map(str, self._columns))}>"


class _Reader:
    """The columns of one batch; nodes and buffers come in the order of the fields."""

    def __init__(self, batch, body):
        self.nodes = iter(batch.structs(1, "<qq"))
        self.buffers = iter(batch.structs(2, "<qq"))
        self.body = body
        if batch.at(3):
            raise ValueError("compressed buffers are not read")

    def buffer(self):
        offset, length = next(self.buffers)
        return self.body[offset : offset + length]

    def column(self, field, dictionaries):
        name, kind, form = field.text(0), field.number(2, "B"), field.table(3)
        encoding = field.table(4)
        length, missing = next(self.nodes)
        if kind == _NULL and encoding is None:
            return Column(name, "null", length, None, _Nothing())
        bits = self.buffer()
        valid = bits if missing else None
        if encoding is not None:
            of_index = encoding.table(1)
            letter = _INTEGERS[of_index.number(0, "i", 32), bool(of_index.number(1, "B", 1))] if of_index else "i"
            words = dictionaries[encoding.number(0, "q")]
            return Column(name, "category", length, valid, words, _numbers(self.buffer(), letter, length))
        if kind == _BOOL:
            return Column(name, "bool", length, valid, _Bits(self.buffer()))
        if kind in (_UTF8, _LARGE_UTF8):
            letter = "i" if kind == _UTF8 else "q"
            offsets = self.buffer()
            offsets = _numbers(offsets, letter, length + 1) if len(offsets) else [0]
            return Column(name, "text", length, valid, _Texts(offsets, self.buffer()))
        letter, shown = _numeric(kind, form)
        return Column(name, shown, length, valid, _numbers(self.buffer(), letter, length))


def _numeric(kind, form):
    if kind == _INT:
        bits, signed = form.number(0, "i"), bool(form.number(1, "B"))
        return _INTEGERS[bits, signed], f"{'' if signed else 'u'}int{bits}"
    if kind == _FLOAT and form.number(0, "h") in _FLOATS:
        letter = _FLOATS[form.number(0, "h")]
        return letter, "float64" if letter == "d" else "float32"
    if kind == _TIMESTAMP:
        return "q", f"datetime[{_UNITS[form.number(0, 'h')]}] since 1970"
    if kind == _DURATION:
        return "q", f"timedelta[{_UNITS[form.number(0, 'h', 1)]}]"
    raise ValueError(f"Arrow's type {kind} is not read")


def _numbers(data, letter, length):
    view = memoryview(data)
    return view[: length * struct.calcsize(letter)].cast(letter)


def _message(data, start):
    """The message at a place, past its mark and length."""
    skip = 8 if data[start : start + 4] == b"\xff\xff\xff\xff" else 4
    return _Flat.root(data, start + skip)


def read(data):
    """The table of an Arrow IPC file; its columns are views of `data`."""
    if bytes(data[:6]) != MAGIC or bytes(data[-6:]) != MAGIC:
        raise ValueError("no Arrow IPC file")
    length = struct.unpack_from("<i", data, len(data) - 10)[0]
    footer = _Flat.root(data, len(data) - 10 - length)
    dictionaries = {}
    fields, of_words = footer.table(1).tables(1), {}
    for field in fields:
        encoding = field.table(4)
        if encoding is not None:
            of_words[encoding.number(0, "q")] = field
    for start, head, _, size in footer.structs(2, "<qiiq"):
        batch = _message(data, start).table(2)
        reader = _Reader(batch.table(1), data[start + head : start + head + size])
        number = batch.number(0, "q")
        dictionaries[number] = _words(reader, of_words[number].number(2, "B"))
    batches = footer.structs(3, "<qiiq")
    if len(batches) > 1:
        raise ValueError(f"{len(batches)} batches, where one is read")
    if not batches:
        return Table({field.text(0): Column(field.text(0), "null", 0, None, _Nothing()) for field in fields}, 0)
    start, head, _, size = batches[0]
    batch = _message(data, start).table(2)
    reader = _Reader(batch, data[start + head : start + head + size])
    columns = {}
    for field in fields:
        column = reader.column(field, dictionaries)
        columns[column.name] = column
    return Table(columns, batch.number(0, "q"))


def _words(reader, kind):
    """The texts of a dictionary."""
    if kind not in (_UTF8, _LARGE_UTF8):
        raise ValueError("categories that are no texts are not read")
    length, missing = next(reader.nodes)
    bits = reader.buffer()
    offsets, letter = reader.buffer(), "i" if kind == _UTF8 else "q"
    offsets = _numbers(offsets, letter, length + 1) if len(offsets) else [0]
    return Column("", "text", length, bits if missing else None, _Texts(offsets, reader.buffer()))


class _Builder:
    """Writes FlatBuffers from the front: what a table refers to stands behind it."""

    def __init__(self):
        self.out = bytearray(4)

    def _pad(self, size, ahead=0):
        self.out.extend(bytes(-(len(self.out) + ahead) % size))

    def table(self, slots):
        """A slot is `None`, `(form, number)` or a function that writes its target and says where."""
        at, places = 4, []
        for slot in slots:
            size = 4 if callable(slot) else 0 if slot is None else struct.calcsize(slot[0])
            at += -at % size if size else 0
            places.append(at if size else 0)
            at += size
        size = 4 + 2 * len(slots)
        self._pad(8, size)
        fields = len(self.out)
        self.out += struct.pack(f"<HH{len(slots)}H", size, at, *places)
        place = len(self.out)
        self.out += struct.pack("<i", place - fields) + bytes(at - 4)
        for slot, offset in zip(slots, places):
            if callable(slot):
                target = slot()
                struct.pack_into("<I", self.out, place + offset, target - place - offset)
            elif slot is not None:
                struct.pack_into("<" + slot[0], self.out, place + offset, slot[1])
        return place

    def text(self, text):
        data = text.encode("utf-8")
        self._pad(4)
        place = len(self.out)
        self.out += struct.pack("<I", len(data)) + data + b"\0"
        return place

    def structs(self, form, rows):
        self._pad(8, 4)
        place = len(self.out)
        self.out += struct.pack("<I", len(rows))
        for row in rows:
            self.out += struct.pack(form, *row)
        return place

    def tables(self, writers):
        self._pad(4)
        place = len(self.out)
        self.out += struct.pack("<I", len(writers)) + bytes(4 * len(writers))
        for number, write_one in enumerate(writers):
            at = place + 4 + 4 * number
            target = write_one()
            struct.pack_into("<I", self.out, at, target - at)
        return place

    def finish(self, root):
        struct.pack_into("<I", self.out, 0, root)
        self._pad(8)
        return bytes(self.out)


def _schema(builder, columns):
    def field(name, kind, slots):
        def form():
            return builder.table(slots)

        return lambda: builder.table(
            [lambda: builder.text(name), ("B", 1), ("B", kind), form, None, lambda: builder.tables([])]
        )

    fields = [field(name, kind, slots) for name, kind, slots, *_ in columns]
    return builder.table([("h", 0), lambda: builder.tables(fields)])


def _framed(kind, header, body_length):
    """A message with its mark and length."""
    builder = _Builder()
    root = builder.table([("h", _V5), ("B", kind), lambda: header(builder), ("q", body_length)])
    message = builder.finish(root)
    return b"\xff\xff\xff\xff" + struct.pack("<i", len(message)) + message


def write(columns):
    """The columns (anything with `keys` and items that are sequences) as an Arrow IPC file."""
    made, rows = [], None
    for name in columns.keys():
        if not isinstance(name, str):
            raise TypeError(f"the name of a column is {name!r}, expected text")
        values = columns[name]
        if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
            raise TypeError(f"the column {name!r} is of {type(values).__name__}, expected a list")
        if rows is not None and len(values) != rows:
            raise ValueError(f"the column {name!r} has {len(values)} rows, the first has {rows}")
        rows = len(values)
        made.append((name, *_column(name, values)))
    rows = rows or 0
    body, nodes, places = bytearray(), [], []
    for _, _, _, missing, buffers in made:
        nodes.append((rows, missing))
        for data in buffers:
            places.append((len(body), len(data)))
            body += data
            body += bytes(-len(body) % 8)

    def batch(builder):
        return builder.table(
            [("q", rows), lambda: builder.structs("<qq", nodes), lambda: builder.structs("<qq", places)]
        )

    out = bytearray(MAGIC + b"\0\0")
    out += _framed(_SCHEMA, lambda builder: _schema(builder, made), 0)
    start = len(out)
    message = _framed(_BATCH, batch, len(body))
    out += message + body + b"\xff\xff\xff\xff\0\0\0\0"
    builder = _Builder()
    block = [(start, len(message), 0, len(body))]
    footer = builder.table(
        [("h", _V5), lambda: _schema(builder, made), None, lambda: builder.structs("<qiiq", block)]
    )
    footer = builder.finish(footer)
    return bytes(out + footer + struct.pack("<i", len(footer)) + MAGIC)


def _column(name, values):
    """Arrow's type, the slots of its table, how many are missing, and the buffers."""
    if isinstance(values, Column) and isinstance(values._values, memoryview) and values._codes is None:
        known = _laid_out(values.kind, values._values.format)
        if known:
            missing = sum(1 for row in range(len(values)) if values._missing(row))
            bits = bytes(values._valid) if missing else b""
            return (*known, missing, [bits, values._values.tobytes()])
    if isinstance(values, (array, memoryview)):
        view = memoryview(values)
        known = _laid_out("", view.format) if view.ndim == 1 and view.contiguous else None
        if known:
            return (*known, 0, [b"", view.tobytes()])
    kinds = {type(value) for value in values} - {type(None)}
    missing = sum(1 for value in values if value is None)
    bits = _bits([value is not None for value in values]) if missing else b""
    if not kinds:
        return _NULL, [], len(values), []
    if kinds == {bool}:
        return _BOOL, [], missing, [bits, _bits([value is True for value in values])]
    if kinds == {int}:
        try:
            data = array("q", [0 if value is None else value for value in values]).tobytes()
        except OverflowError:
            raise ValueError(f"the column {name!r} holds an integer beyond 64 bits") from None
        return _INT, [("i", 64), ("B", 1)], missing, [bits, data]
    if kinds <= {int, float}:
        data = array("d", [float("nan") if value is None else value for value in values]).tobytes()
        return _FLOAT, [("h", 2)], missing, [bits, data]
    if kinds == {str}:
        offsets, data = array("q", [0]), bytearray()
        for value in values:
            data += (value or "").encode("utf-8")
            offsets.append(len(data))
        return _LARGE_UTF8, [], missing, [bits, offsets.tobytes(), bytes(data)]
    shown = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise TypeError(f"the column {name!r} holds {shown}; expected numbers, texts or truth values")


def _laid_out(kind, letter):
    """Arrow's type and its slots for numbers that lie in memory already."""
    letter = {"l": "q", "L": "Q"}.get(letter, letter)
    for unit, name in enumerate(_UNITS):
        if kind == f"datetime[{name}] since 1970":
            return _TIMESTAMP, [("h", unit)]
        if kind == f"timedelta[{name}]":
            return _DURATION, [("h", unit)]
    for (bits, signed), known in _INTEGERS.items():
        if letter == known:
            return _INT, [("i", bits), ("B", int(signed))]
    for precision, known in _FLOATS.items():
        if letter == known:
            return _FLOAT, [("h", precision)]
    return None


def _bits(truths):
    out = bytearray((len(truths) + 7) // 8)
    for row, truth in enumerate(truths):
        if truth:
            out[row >> 3] |= 1 << (row & 7)
    return bytes(out)
