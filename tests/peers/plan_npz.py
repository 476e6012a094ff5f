"""NumPy's view of NPZ files: describes one, or writes one.

    plan_npz.py describe FILE      name, type, shape and the sum of what is a number, an array a line
    plan_npz.py write FILE
"""
import sys

import numpy

mode, path = sys.argv[1:]
if mode == "write":
    numpy.savez(path, ints=numpy.arange(6, dtype="i4").reshape(2, 3), floats=numpy.array([0.5, numpy.nan], "f4"),
                flags=numpy.array([True, False, True]), rng=numpy.array([[2**64 - 1, 7]], "u8"))
else:
    with numpy.load(path) as arrays:
        for name in arrays.files:
            array = arrays[name]
            print(name, array.dtype.str, "x".join(map(str, array.shape)), repr(float(numpy.nansum(array))))
