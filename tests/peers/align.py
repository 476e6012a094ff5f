"""Depth laid over colour, written from the pinhole model with numpy alone: reads depth (u16, row by row) from a file, writes the result.

align.py DEPTH RESULT JSON   with JSON {depth: [w, h, fx, fy, cx, cy], color: [w, h, fx, fy, cx, cy, k1, k2, p1, p2, k3],
rotation: [9], origin: [3], scale}. Depth has no distortion here.
"""
import json
import sys

import numpy as np

source, target, text = sys.argv[1:4]
p = json.loads(text)
w, h, fx, fy, cx, cy = p["depth"]
cw, ch, cfx, cfy, ccx, ccy, k1, k2, p1, p2, k3 = p["color"]
rotation, origin = np.array(p["rotation"]).reshape(3, 3), np.array(p["origin"])
w, h, cw, ch = int(w), int(h), int(cw), int(ch)
depth = np.fromfile(source, "<u2").reshape(h, w)
ys, xs = np.nonzero(depth)
z = depth[ys, xs] * p["scale"]


def seen(dx, dy):
    points = np.stack([(xs + dx - cx) / fx * z, (ys + dy - cy) / fy * z, z], axis=1) @ rotation.T + origin
    x, y = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
    r2 = x * x + y * y
    bend = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * bend + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    v = y * bend + 2 * p2 * x * y + p1 * (r2 + 2 * y * y)
    return cfx * u + ccx, cfy * v + ccy, points[:, 2]


u0, v0, z0 = seen(-0.5, -0.5)
u1, v1, z1 = seen(0.5, 0.5)
value = np.rint((z0 + z1) / 2 / p["scale"])
result = np.zeros((ch, cw), np.uint32)


def pixels(a, b):
    low, high = np.minimum(a, b), np.maximum(a, b)
    first, last = np.ceil(low).astype(int), np.ceil(high).astype(int) - 1
    middle = np.floor((low + high) / 2 + 0.5).astype(int)
    none = first > last
    return np.where(none, middle, first), np.where(none, middle, last)


left, right = pixels(u0, u1)
top, bottom = pixels(v0, v1)
for i in np.argsort(-value, kind="stable"):  # the nearest last: it stays
    result[max(top[i], 0) : max(bottom[i] + 1, 0), max(left[i], 0) : max(right[i] + 1, 0)] = value[i]
result.astype("<u2").tofile(target)
