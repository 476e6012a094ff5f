#!/usr/bin/env python3
"""Reads MCAP files by the specification (https://mcap.dev/spec), with nothing but the standard library, and checks everything in them
that can be checked: magics, lengths, checksums, message indexes, the summary against the data, and every CDR message against the text of
its own ros2msg schema.

    mcap_check.py [--decode TOPIC]... FILE...

Prints one line of JSON for each file: errors (empty: sound), messages, chunks, channels {topic: {type, count, sequences}}, metadata
[{name, values}], longest_chunk_ns, and under "decoded" the messages of the topics asked for (byte arrays as length and SHA-256).
"""
import hashlib
import json
import struct
import sys
import zlib

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
ATTACHMENT, ATTACHMENT_INDEX, STATISTICS, METADATA, METADATA_INDEX, SUMMARY_OFFSET, DATA_END = range(9, 16)


class Cursor:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        if n > len(self.data) - self.at:
            raise ValueError(f"{n} bytes wanted, {len(self.data) - self.at} left")
        self.at += n
        return self.data[self.at - n:self.at]

    def num(self, fmt):
        return struct.unpack("<" + fmt, self.take(struct.calcsize("<" + fmt)))[0]

    def text(self):
        return bytes(self.take(self.num("I"))).decode("utf-8")

    def str_map(self):
        inner, result = Cursor(self.take(self.num("I"))), {}
        while inner.at < len(inner.data):
            key = inner.text()
            if key in result:
                raise ValueError(f"key {key} twice in a map")
            result[key] = inner.text()
        return result

    def num_map(self, key, value):
        inner, result = Cursor(self.take(self.num("I"))), {}
        while inner.at < len(inner.data):
            k = inner.num(key)
            result[k] = inner.num(value)
        return result

    def done(self):
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at} bytes too many in a record")


def records(data, start, end):
    """(opcode, offset, content) of the records between two offsets."""
    at = start
    while at < end:
        if end - at < 9:
            raise ValueError(f"record prefix cut at {at}")
        op, length = data[at], struct.unpack_from("<Q", data, at + 1)[0]
        if length > end - at - 9:
            raise ValueError(f"record {op:#x} at {at} claims {length} bytes")
        yield op, at, data[at + 9:at + 9 + length]
        at += 9 + length


PRIMITIVES = {
    "bool": "?", "byte": "B", "char": "B", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
    "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}


def parse_schema(name, text):
    """{type: [(field type, array, field name)]}; array is None, an int for a fixed length, or -1 for a sequence."""
    types, current = {}, name.replace("/msg/", "/")
    types[current] = []
    for line in text.split("\n"):
        line = line.split("#")[0].strip()
        if set(line) == {"="} and len(line) >= 80:
            current = None
        elif line.startswith("MSG: "):
            current = line[5:]
            types[current] = []
        elif line:
            kind, field = line.split()[:2]
            if "=" in line:
                continue  # a constant
            array = None
            if "[" in kind:
                kind, size = kind[:-1].split("[")
                array = int(size) if size and not size.startswith("<") else -1
            types[current].append((kind, array, field))
    return types


class Cdr:
    def __init__(self, data, types):
        if bytes(data[:4]) != b"\x00\x01\x00\x00":
            raise ValueError("not CDR_LE")
        self.data, self.at, self.types = data[4:], 0, types

    def prim(self, fmt):
        size = struct.calcsize("<" + fmt)
        self.at += -self.at % size
        value = struct.unpack_from("<" + fmt, self.data, self.at)[0]
        self.at += size
        return None if value != value else value  # JSON has no NaN

    def one(self, kind, package):
        if kind in PRIMITIVES:
            return self.prim(PRIMITIVES[kind])
        if kind == "string":
            n = self.prim("I")
            raw = bytes(self.data[self.at:self.at + n])
            if len(raw) != n or raw[-1:] != b"\0":
                raise ValueError("bad string")
            self.at += n
            return raw[:-1].decode("utf-8")
        full = kind if "/" in kind else f"{package}/{kind}"
        return self.message(full)

    def message(self, name):
        package, result = name.split("/")[0], {}
        for kind, array, field in self.types[name]:
            if array is None:
                result[field] = self.one(kind, package)
                continue
            n = self.prim("I") if array < 0 else array
            if kind in ("uint8", "byte"):
                raw = bytes(self.data[self.at:self.at + n])
                if len(raw) != n:
                    raise ValueError(f"{field} is cut")
                self.at += n
                result[field] = {"bytes": n, "sha256": hashlib.sha256(raw).hexdigest()}
            else:
                result[field] = [self.one(kind, package) for _ in range(n)]
        return result

    def whole(self, name):
        result = self.message(name.replace("/msg/", "/"))
        rest = len(self.data) - self.at
        if rest > 3 or any(self.data[self.at:]):
            raise ValueError(f"{rest} bytes behind the last field")
        return result


class Check:
    def __init__(self, data, decode):
        self.data, self.decode = data, decode
        self.errors, self.schemas, self.channels, self.chunks, self.metadata = [], {}, {}, [], []
        self.counts, self.sequences, self.decoded, self.parsed = {}, {}, {t: [] for t in decode}, {}
        self.first = self.last = None

    def expect(self, ok, what):
        if not ok:
            self.errors.append(what)

    def describe(self, op, content, where):
        c = Cursor(content)
        if op == SCHEMA:
            key = c.num("H")
            value = (c.text(), c.text(), bytes(c.take(c.num("I"))))
            self.expect(key != 0, "schema 0")
            table = self.schemas
        else:
            key = c.num("H")
            value = (c.num("H"), c.text(), c.text(), c.str_map())
            self.expect(value[0] == 0 or value[0] in self.schemas, f"channel {key} before its schema {value[0]}")
            table = self.channels
        c.done()
        self.expect(table.setdefault(key, value) == value, f"{where}: {op} {key} differs from before")
        return key

    def message(self, content, offset, seen):
        c = Cursor(content)
        channel, sequence, log_time, publish_time = c.num("H"), c.num("I"), c.num("Q"), c.num("Q")
        if channel not in self.channels:
            self.errors.append(f"message of unknown channel {channel}")
            return
        seen.setdefault(channel, []).append((log_time, offset))
        schema, topic, encoding, _ = self.channels[channel]
        self.counts[channel] = self.counts.get(channel, 0) + 1
        self.sequences.setdefault(channel, []).append(sequence)
        if encoding != "cdr" or not schema:
            return
        name, schema_encoding, text = self.schemas[schema]
        self.expect(schema_encoding == "ros2msg", f"schema encoding {schema_encoding}")
        if schema not in self.parsed:
            self.parsed[schema] = parse_schema(name, text.decode("utf-8"))
        value = Cdr(content[c.at:], self.parsed[schema]).whole(name)
        stamp = value.get("header", {}).get("stamp")
        if stamp is not None:
            self.expect(stamp["sec"] * 10**9 + stamp["nanosec"] == publish_time, f"{topic}: stamp is not the publish time")
        if topic in self.decoded:
            self.decoded[topic].append({"sequence": sequence, "log_time": log_time, "publish_time": publish_time, "message": value})

    def chunk(self, at, content):
        c = Cursor(content)
        start, end, size, crc, compression = c.num("Q"), c.num("Q"), c.num("Q"), c.num("I"), c.text()
        inner = c.take(c.num("Q"))
        c.done()
        self.expect(compression == "", f"compression {compression}")
        self.expect(size == len(inner), f"chunk at {at}: size {size} is not {len(inner)}")
        self.expect(crc != 0 and crc == zlib.crc32(inner), f"chunk at {at}: checksum")
        seen = {}
        for op, offset, body in records(inner, 0, len(inner)):
            if op == MESSAGE:
                self.message(body, offset, seen)
            elif op in (SCHEMA, CHANNEL):
                self.describe(op, body, f"chunk at {at}")
            else:
                self.errors.append(f"record {op:#x} in a chunk")
        times = [t for entries in seen.values() for t, _ in entries]
        self.expect((start, end) == (min(times, default=0), max(times, default=0)), f"chunk at {at}: times")
        self.first = min(times + ([] if self.first is None else [self.first]))
        self.last = max(times + ([] if self.last is None else [self.last]))
        self.chunks.append({
            "at": at, "length": 9 + len(content), "start": start, "end": end, "size": size, "seen": seen, "indexes": {},
            "index_end": at + 9 + len(content)})

    def run(self):
        data = self.data
        self.expect(data[:8] == MAGIC, "no magic at the start")
        self.expect(data[-8:] == MAGIC, "no magic at the end")
        footer_at = len(data) - 8 - 29
        self.expect(footer_at > 8 and data[footer_at] == FOOTER, "no footer")
        if self.errors:
            return
        c = Cursor(data, footer_at + 9)
        summary_at, offsets_at, summary_crc = c.num("Q"), c.num("Q"), c.num("I")
        self.expect(summary_crc == zlib.crc32(data[summary_at:footer_at + 9 + 16]), "summary checksum")
        ended = None
        for i, (op, at, content) in enumerate(records(data, 8, summary_at)):
            self.expect((i == 0) == (op == HEADER), "header is not first")
            self.expect(ended is None, "records behind DataEnd")
            if op == HEADER:
                h = Cursor(content)
                self.profile, self.library = h.text(), h.text()
                h.done()
                self.expect(self.profile == "ros2", f"profile {self.profile}")
            elif op == CHUNK:
                self.chunk(at, content)
            elif op == MESSAGE_INDEX:
                self.message_index(at, content)
            elif op == METADATA:
                m = Cursor(content)
                self.metadata.append({"at": at, "length": 9 + len(content), "name": m.text(), "values": m.str_map()})
                m.done()
            elif op == DATA_END:
                ended = at
                crc = struct.unpack("<I", content)[0]
                self.expect(crc in (0, zlib.crc32(data[:at])), "data section checksum")
            else:
                self.errors.append(f"record {op:#x} in the data section")
        self.expect(ended is not None, "no DataEnd")
        for chunk in self.chunks:
            self.expect(set(chunk["indexes"]) == set(chunk["seen"]), f"chunk at {chunk['at']}: not each channel has its index")
        self.summary(summary_at, offsets_at, footer_at)

    def message_index(self, at, content):
        c = Cursor(content)
        channel = c.num("H")
        inner, entries = Cursor(c.take(c.num("I"))), []
        while inner.at < len(inner.data):
            entries.append((inner.num("Q"), inner.num("Q")))
        c.done()
        self.expect(bool(self.chunks), "message index before any chunk")
        chunk = self.chunks[-1]
        self.expect(at == chunk["index_end"], f"message index at {at} does not follow its chunk")
        chunk["indexes"][channel] = at
        chunk["index_end"] = at + 9 + len(content)
        self.expect(sorted(entries) == sorted(chunk["seen"].get(channel, [])), f"message index of channel {channel} at {at}")

    def summary(self, start, offsets_at, end):
        data, groups, chunk_at, metadata_at, stats = self.data, {}, 0, 0, None
        schemas, channels = set(), set()
        for op, at, content in records(data, start, offsets_at):
            if op not in groups:
                groups[op] = [at, at]
            self.expect(groups[op][1] == at, f"summary group {op:#x} is torn")
            groups[op][1] = at + 9 + len(content)
            c = Cursor(content)
            if op in (SCHEMA, CHANNEL):
                (schemas if op == SCHEMA else channels).add(self.describe(op, content, "summary"))
            elif op == STATISTICS:
                stats = [c.num(f) for f in "QHIIIIQQ"] + [c.num_map("H", "Q")]
                c.done()
            elif op == CHUNK_INDEX:
                got = [c.num("Q"), c.num("Q"), c.num("Q"), c.num("Q"), c.num_map("H", "Q"), c.num("Q"), c.text(), c.num("Q"), c.num("Q")]
                c.done()
                k = self.chunks[chunk_at]
                chunk_at += 1
                index_length = k["index_end"] - k["at"] - k["length"]
                want = [k["start"], k["end"], k["at"], k["length"], k["indexes"], index_length, "", k["size"], k["size"]]
                self.expect(got == want, f"chunk index {chunk_at - 1}: {got} is not {want}")
            elif op == METADATA_INDEX:
                got, m = (c.num("Q"), c.num("Q"), c.text()), self.metadata[metadata_at]
                metadata_at += 1
                self.expect(got == (m["at"], m["length"], m["name"]), "metadata index")
            else:
                self.errors.append(f"record {op:#x} in the summary")
        self.expect(chunk_at == len(self.chunks), "chunk indexes missing")
        self.expect(metadata_at == len(self.metadata), "metadata indexes missing")
        self.expect(schemas == set(self.schemas) and channels == set(self.channels), "summary lacks schemas or channels")
        total = sum(self.counts.values())
        want = [total, len(self.schemas), len(self.channels), 0, len(self.metadata), len(self.chunks), self.first or 0, self.last or 0]
        self.expect(stats is not None and stats[:8] == want, f"statistics {stats} are not {want}")
        self.expect(stats is not None and {k: v for k, v in stats[8].items() if v} == self.counts, "statistics of channels")
        found = {}
        for op, at, content in records(data, offsets_at, end):
            self.expect(op == SUMMARY_OFFSET, f"record {op:#x} among the summary offsets")
            c = Cursor(content)
            group, at, length = c.num("B"), c.num("Q"), c.num("Q")
            found[group] = [at, at + length]
        self.expect(found == groups, "summary offsets")

    def report(self):
        channels = {}
        for key, (schema, topic, _, metadata) in self.channels.items():
            channels[topic] = {
                "type": self.schemas[schema][0] if schema else "", "count": self.counts.get(key, 0),
                "sequences": self.sequences.get(key, []), "metadata": metadata}
        return {
            "errors": self.errors[:20], "messages": sum(self.counts.values()), "chunks": len(self.chunks), "channels": channels,
            "metadata": [{"name": m["name"], "values": m["values"]} for m in self.metadata],
            "longest_chunk_ns": max((k["end"] - k["start"] for k in self.chunks), default=0), "decoded": self.decoded}


def main(args):
    decode, files = [], []
    while args:
        arg = args.pop(0)
        if arg == "--decode":
            decode.append(args.pop(0))
        else:
            files.append(arg)
    for path in files:
        with open(path, "rb") as f:
            check = Check(memoryview(f.read()), decode)
        try:
            check.run()
        except (ValueError, struct.error, KeyError, IndexError) as e:
            check.errors.append(f"{type(e).__name__}: {e}")
        print(json.dumps({"file": path, **check.report()}))


if __name__ == "__main__":
    main(sys.argv[1:])
