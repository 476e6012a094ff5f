"""Reads an episode's folder the way people's training code does: csv, json, hashlib. Prints one line of what it found, or fails.

episode_read.py EPISODE
"""
import csv
import glob
import hashlib
import json
import os
import sys

folder = sys.argv[1]
metadata = json.load(open(os.path.join(folder, "metadata.json"), encoding="utf-8"))
sums = [line.rstrip("\n").split("  ", 1) for line in open(os.path.join(folder, "SHA256SUMS"), encoding="utf-8")]
there = sorted(os.path.relpath(os.path.join(d, f), folder) for d, _, names in os.walk(folder) for f in names if f != "SHA256SUMS")
assert sorted(name for _, name in sums) == there, "SHA256SUMS lists other files than are there"
for digest, name in sums:
    assert hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest() == digest, name

tables = {}
for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    header, rows = rows[0], rows[1:]
    assert header[:2] == ["frame", "timestamp"], path
    assert [row[0] for row in rows] == [str(k) for k in range(metadata["frames"])], path
    tables[os.path.basename(path)] = [dict(zip(header, row)) for row in rows]

frames = tables["frames.csv"]
assert list(frames[0])[2:5] == ["slot", "tick_status", "lateness_us"]
for k, row in enumerate(frames):
    assert abs(float(row["slot"]) - k / metadata["rate_hz"]) < 1e-8
for stream, report in metadata["streams"].items():
    statuses = [row[stream + "_status"] for row in frames]
    for status in "stale", "repeated", "missing":
        assert statuses.count(status) == report["counts"][status], (stream, status)
    name = {"robot": "joints.csv"}.get(stream, stream + ".csv")
    if name in tables:
        for row, status in zip(tables[name], statuses):
            assert (row["timestamp"] == "") == (status == "missing"), (name, row["frame"])
    else:
        camera, kind = stream.rsplit("_", 1)
        base = {"rgb": "rgb", "depth": "depth"}[kind]
        if len(metadata["cameras"]) > 1:
            base += "/" + camera
        for k, status in enumerate(statuses):
            path = os.path.join(folder, base, "%06d.%s" % (k, {"rgb": "png", "depth": "npz"}[kind]))
            assert os.path.exists(path) == (status != "missing"), path
print(metadata["id"], metadata["frames"], metadata["outcome"], metadata["note"], sorted(tables))
