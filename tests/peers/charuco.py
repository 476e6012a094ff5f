"""A ChArUco board as OpenCV draws it, seen from the side, and what OpenCV itself finds in that picture.

charuco.py COLUMNS ROWS DICTIONARY FILE   writes 800x600 grey pixels to FILE and prints lines 'right down x y' of the corners where
four squares meet: how many squares from the print's top left, and where it is seen (the middle of the first pixel is 0, 0).
Prints 'none' where OpenCV or its ArUco module is not installed.
"""
import sys

import numpy as np

try:
    import cv2
    aruco = cv2.aruco
except (ImportError, AttributeError):
    print("none")
    sys.exit()

WIDTH, HEIGHT, SQUARE, MARGIN = 800, 600, 60, 40
SEEN = np.array([[0.92, -0.16, 90], [0.10, 0.95, 40], [1.2e-4, -1.5e-4, 1]])

columns, rows, name, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
dictionary = getattr(aruco, f"DICT_{name.upper()}_250")
dictionary = (aruco.getPredefinedDictionary if hasattr(aruco, "getPredefinedDictionary") else aruco.Dictionary_get)(dictionary)
size = (columns * SQUARE + 2 * MARGIN, rows * SQUARE + 2 * MARGIN)
if hasattr(aruco, "CharucoBoard_create"):  # before 4.7
    board = aruco.CharucoBoard_create(columns, rows, 0.03, 0.022, dictionary)
    drawn = board.draw(size, marginSize=MARGIN)
    places = board.chessboardCorners
else:
    board = aruco.CharucoBoard((columns, rows), 0.03, 0.022, dictionary)
    drawn = board.generateImage(size, marginSize=MARGIN)
    places = board.getChessboardCorners()
picture = cv2.warpPerspective(drawn, SEEN, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderValue=255)
picture = cv2.GaussianBlur(picture, (0, 0), 0.8)

if hasattr(aruco, "CharucoDetector"):
    corners, ids, _, _ = aruco.CharucoDetector(board).detectBoard(picture)
else:
    markers, numbers, _ = aruco.detectMarkers(picture, dictionary)
    _, corners, ids = aruco.interpolateCornersCharuco(markers, numbers, picture, board)
# The same sub-pixel refinement for every version: the ArUco module's own adds half a pixel in some.
corners = cv2.cornerSubPix(picture, corners.astype(np.float32), (5, 5), (-1, -1),
                           (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-4))
with open(path, "wb") as file:
    file.write(picture.tobytes())
for number, (x, y) in zip(ids.ravel(), corners.reshape(-1, 2)):
    right, down = places[number][:2] / 0.03
    print(float(right), float(down), float(x), float(y))
