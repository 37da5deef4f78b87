"""A film as a file: whole, or not there."""

import cv2

from edge_demo.native_log import captured_stderr
from edge_demo.native_path import native_path
from edge_demo.whole_file import beside
from getnet_tf.errors import InputError


def write_film(path, frames, fps, frame_wh):
    """Writes a film as MP4.

    Args:
        path: of the file, `pathlib.Path`.
        frames: iterable of (H, W, 3) uint8, BGR.
        fps: frames per second.
        frame_wh: (width, height), pixels.

    Raises:
        InputError: if it can't be written, or there is no room for all of it.
    """
    count = 0
    with beside(path) as partial:
        with captured_stderr():  # of each frame that finds no room, OpenCV says so
            film = cv2.VideoWriter(native_path(partial), cv2.VideoWriter.fourcc(*"mp4v"), fps, frame_wh)
            opened = film.isOpened()
            for frame in frames if opened else ():
                film.write(frame)
                count += 1
            film.release()
            whole = opened and _is_whole(partial, count)
        if not whole:
            raise InputError(
                f"{path}: expected room for a video, received none. Free some, or give another --out."
            )


def _is_whole(path, count):
    """Whether a film has so many frames, and its last: the writer itself raises nothing and returns nothing."""
    film = cv2.VideoCapture(native_path(path), cv2.CAP_FFMPEG)
    whole = film.isOpened() and int(film.get(cv2.CAP_PROP_FRAME_COUNT)) == count
    film.set(cv2.CAP_PROP_POS_FRAMES, count - 1)
    whole = whole and film.read()[0]
    film.release()
    return whole
