"""The Raspberry Pi's ribbon-cable camera, through picamera2, which only Raspberry Pi OS brings."""

from __future__ import annotations

import numpy as np

from edge_demo.camera.frames import Opening
from edge_demo.camera.live import LiveSource
from edge_demo.errors import EdgeError

SIZE_WH = (640, 480)  # shows all that the sensor sees, and is plenty for the network
FPS = 30.0  # what picamera2's video configuration asks for
READ_S = 5.0  # a picture that takes longer is not coming

_INSTALL = (
    "Install it by: sudo apt install python3-picamera2, and make the virtual environment by: "
    "python3 -m venv --system-site-packages DIR."
)


class PiSource(LiveSource):
    """By the name of its connector."""

    kind = "csi (the Raspberry Pi's ribbon camera)"

    @classmethod
    def named(cls, text: str, opening: Opening) -> PiSource | None:
        return cls("Camera csi", PiCamera, opening.clock) if text == "csi" else None


class PiCamera:
    """A `reader.Camera` on the ribbon.

    Raises:
        EdgeError: without picamera2, or without a camera that it can use.
    """

    fps = FPS

    def __init__(self):
        module = _imported()
        self._camera = None
        try:
            self._camera = module.Picamera2()
            # This "RGB888" lies in memory as B, G, R: picamera2 has libcamera's names, which count from the
            # other end. It is what OpenCV and we take.
            main = {"size": SIZE_WH, "format": "RGB888"}
            self._camera.configure(self._camera.create_video_configuration(main=main))
            self._camera.start()
        # libcamera's failures come as RuntimeError, IndexError, KeyError and more, by version.
        except Exception as error:
            self.close()
            raise EdgeError(_no_picture(str(error) or type(error).__name__)) from None
        self._first = self.read()
        if self._first is None:
            self.close()
            raise EdgeError(_no_picture(f"no frame within {READ_S:.0f} s"))

    def read(self) -> np.ndarray | None:
        """The next picture, (480, 640, 3) uint8 BGR; None if it fails or takes longer than 5 s."""
        first, self._first = getattr(self, "_first", None), None
        if first is not None:
            return first
        try:
            return self._camera.capture_array("main", wait=READ_S)
        except Exception:  # see above; of any kind, the camera has to be opened again
            return None

    def close(self) -> None:
        """Stops the camera and lets go of it."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        for end in (camera.stop, camera.close):
            try:
                end()
            except Exception:  # a camera that is gone may refuse to stop; it must be closed all the same
                continue


def _imported():
    try:
        import picamera2
    except ImportError as error:
        raise EdgeError(
            f"Source csi: expected the Python module picamera2, received: {error}. {_INSTALL}"
        ) from None
    # Bookworm's picamera2 needs simplejpeg, which is built there for NumPy 1: "numpy.dtype size changed".
    except ValueError as error:
        raise EdgeError(
            f"Source csi: expected a picamera2 that works with NumPy {np.__version__}, received: {error}. "
            f"Run: python -m pip install --ignore-installed --no-deps simplejpeg"
        ) from None
    return picamera2


def _no_picture(reason: str) -> str:
    return (
        f"Camera csi gives no picture, received: {' '.join(reason.split())}. Check its cable, that no other "
        f"program uses it, and what this lists: rpicam-hello --list-cameras"
    )
