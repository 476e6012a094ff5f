"""Reads an episode as training sees it, with csv, PIL and NumPy alone, and prints it as JSON.

episode_windows.py FOLDER SIDE: per frame joint positions, wrench, actions and rewards with masks; the wrist's colour picture, its middle
square brought to SIDE x SIDE by the mean over each cell's area; its depth, the pixel in the middle of each cell, in metres.
"""
import csv
import json
import sys

import numpy
from PIL import Image

folder, side = sys.argv[1], int(sys.argv[2])
meta = json.load(open(folder + "/metadata.json"))


def rows(name):
    with open(f"{folder}/{name}.csv", newline="") as f:
        return list(csv.DictReader(f))


frames = rows("frames")


def vector(table, columns, stream):
    values, mask = [], []
    for row, frame in zip(rows(table), frames):
        known = all(row[c] != "" for c in columns) and (stream is None or frame[stream + "_status"] not in ("missing", "stale"))
        values.append([float(row[c]) if known else 0.0 for c in columns])
        mask.append(int(known))
    return {"values": values, "mask": mask}


def color(k):
    picture = numpy.asarray(Image.open(f"{folder}/rgb/wrist/{k:06d}.png")).astype(float)
    h, w, _ = picture.shape
    s = min(w, h)
    picture = picture[(h - s) // 2:, (w - s) // 2:][:s, :s]
    edges = numpy.arange(side + 1) * s / side
    for axis in (0, 1):  # the integral up to each cell's edge; its differences are the cells' sums
        integral = numpy.insert(numpy.cumsum(picture, axis), 0, 0, axis)
        at_edge = numpy.apply_along_axis(lambda line: numpy.interp(edges, numpy.arange(s + 1), line), axis, integral)
        picture = numpy.diff(at_edge, axis=axis) * side / s
    return picture.transpose(2, 0, 1).ravel().tolist()


def depth(k):
    scale = next(c for c in meta["cameras"] if c["name"] == "wrist")["depth_scale"]
    d = numpy.load(f"{folder}/depth/wrist/{k:06d}.npz")["depth"]
    h, w = d.shape
    s = min(w, h)
    at = ((numpy.arange(side) + 0.5) * s / side).astype(int)
    return (d[numpy.ix_((h - s) // 2 + at, (w - s) // 2 + at)].astype(float) * scale).ravel().tolist()


def pictures(stream, read):
    mask = [int(f[stream + "_status"] not in ("missing", "stale")) for f in frames]
    return {"values": [read(k) if m else None for k, m in enumerate(mask)], "mask": mask}


print(json.dumps({
    "joint_position": vector("joints", [f"q{i}" for i in range(6)], "robot"),
    "wrench": vector("force", ["fx", "fy", "fz", "tx", "ty", "tz"], "force"),
    "actions": vector("actions", [f"a{i}" for i in range(7)], None),
    "rewards": vector("rewards", ["reward"], None),
    "wrist_rgb": pictures("wrist_rgb", color),
    "wrist_depth": pictures("wrist_depth", depth),
}))
