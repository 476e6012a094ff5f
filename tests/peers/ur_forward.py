"""Flange poses of Universal Robots arms by numpy: one line a pose, the upper 3 x 4 of the matrix, row by row.

Standard Denavit-Hartenberg, T = Rz(theta) Tz(d) Tx(a) Rx(alpha); parameters as Universal Robots publishes them ("DH parameters for
calculations of kinematics and dynamics"). Argument: a file with lines "MODEL q0 q1 q2 q3 q4 q5", rad.
"""
import sys

import numpy as np

ARMS = {  # a2, a3, d1, d4, d5, d6 in m
    "UR3": (-0.24365, -0.21325, 0.1519, 0.11235, 0.08535, 0.0819),
    "UR5": (-0.425, -0.39225, 0.089159, 0.10915, 0.09465, 0.0823),
    "UR10": (-0.612, -0.5723, 0.1273, 0.163941, 0.1157, 0.0922),
    "UR3e": (-0.24355, -0.2132, 0.15185, 0.13105, 0.08535, 0.0921),
    "UR5e": (-0.425, -0.3922, 0.1625, 0.1333, 0.0997, 0.0996),
    "UR10e": (-0.6127, -0.57155, 0.1807, 0.17415, 0.11985, 0.11655),
    "UR16e": (-0.4784, -0.36, 0.1807, 0.17415, 0.11985, 0.11655),
}


def link(theta, d, a, alpha):
    ct, st, ca, sa = np.cos(theta), np.sin(theta), np.cos(alpha), np.sin(alpha)
    return np.array([
        [ct, -st * ca, st * sa, a * ct],
        [st, ct * ca, -ct * sa, a * st],
        [0, sa, ca, d],
        [0, 0, 0, 1],
    ])


def flange(model, q):
    a2, a3, d1, d4, d5, d6 = ARMS[model]
    rows = zip(q, (d1, 0, 0, d4, d5, d6), (0, a2, a3, 0, 0, 0), (np.pi / 2, 0, 0, np.pi / 2, -np.pi / 2, 0))
    pose = np.eye(4)
    for row in rows:
        pose = pose @ link(*row)
    return pose


for line in open(sys.argv[1]):
    model, *q = line.split()
    print(" ".join(repr(float(v)) for v in flange(model, [float(v) for v in q])[:3].ravel()))
