"""Writes a JPEG and what Pillow decodes it to: jpeg_picture.py WIDTH HEIGHT SUBSAMPLING(0 4:4:4, 1 4:2:2, 2 4:2:0) FOLDER"""
import os, sys
from PIL import Image

width, height, subsampling, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
pixels = bytes(c for y in range(height) for x in range(width)
               for c in (x * 255 // width, y * 255 // height, 40 + (x // 8 + y // 8) % 2 * 160))
path = os.path.join(folder, "picture.jpg")
Image.frombytes("RGB", (width, height), pixels).save(path, quality=85, subsampling=subsampling)
with open(os.path.join(folder, "picture.rgb"), "wb") as out:
    out.write(Image.open(path).convert("RGB").tobytes())
