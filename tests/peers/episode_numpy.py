"""Writes depth.npz and stored.npz with NumPy and filters.png with PIL into a folder, with their raw pixels beside them."""
import sys

import numpy
from PIL import Image

folder = sys.argv[1]
depth = (numpy.arange(48 * 64, dtype="<u2").reshape(48, 64) * 7) % 5000
numpy.savez_compressed(folder + "/depth.npz", depth=depth)
numpy.savez(folder + "/stored.npz", depth=depth)
depth.tofile(folder + "/depth.raw")
x, y = numpy.meshgrid(numpy.arange(200), numpy.arange(150))
rgb = numpy.stack([x + y, x * y // 16, (x - y) ** 2 // 64], axis=-1).astype("u1")
Image.fromarray(rgb).save(folder + "/filters.png")
rgb.tofile(folder + "/filters.raw")
