"""Metrics of float32 arrays, by NumPy in double precision and straight from their definitions, as JSON.

metrics_numpy.py A B SHAPE PREDICTED RECEIVED: A and B are raw files of pictures N,C,H,W in [0, 1]; the other two are rewards.
"""
import json
import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

shape = tuple(int(n) for n in sys.argv[3].split(","))
a, b = (np.fromfile(f, "<f4").astype(float).reshape(shape) for f in sys.argv[1:3])
predicted, received = (np.fromfile(f, "<f4").astype(float) for f in sys.argv[4:6])

offset = np.arange(11) - 5
g = np.exp(-(offset[:, None] ** 2 + offset[None, :] ** 2) / (2 * 1.5 ** 2))
g /= g.sum()


def blur(x):
    return (sliding_window_view(x, (11, 11), axis=(-2, -1)) * g).sum((-2, -1))


def ssim(x, y):
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx ** 2, blur(y * y) - my ** 2, blur(x * y) - mx * my
    s = (2 * mx * my + c1) * (2 * cov + c2) / ((mx ** 2 + my ** 2 + c1) * (vx + vy + c2))
    return s.mean((-2, -1)).mean(-1)


x, y = a.reshape(shape[0], -1), b.reshape(shape[0], -1)
mse = ((x - y) ** 2).mean(1)
order = np.argsort(predicted)
edges = [b * len(order) // 7 for b in range(8)]
bins = [(predicted[order[i:j]].mean(), received[order[i:j]].mean(), j - i) for i, j in zip(edges, edges[1:])]
seen, truth, size = y[:5], y[5:], y.shape[1]
steps = np.arange(1, len(truth) + 1)[:, None]
last, velocity = np.repeat(seen[-1:], len(truth), 0), seen[-1] + steps * (seen[-1] - seen[-2])


def errors(guess):
    gap = guess - truth
    return [[abs(gap[k - 1]).mean(), np.sqrt((gap[k - 1] ** 2).mean())] for k in (1, 4)]


print(json.dumps({
    "mae": abs(x - y).mean(),
    "rmse": np.sqrt(((x - y) ** 2).mean()),
    "psnr": (10 * np.log10(1 / mse)).mean(),
    "psnr2": (10 * np.log10(4 / mse)).mean(),
    "ssim": ssim(a, b).tolist(),
    "temporal": np.linalg.norm(np.diff(x, axis=0) - np.diff(y, axis=0), axis=1).mean(),
    "bins": bins,
    "calibration": sum(n * abs(p - r) for p, r, n in bins) / len(order),
    "open_loop": [errors(x[5:]), errors(last), errors(velocity)],
}))
