"""Whether what lies in a folder is whole: every file is opened as what its name says it is."""

import csv
import io
import json
import os
import pathlib
import re
import xml.etree.ElementTree
import zipfile

import cv2
import numpy as np
import yaml
from ai_edge_litert.interpreter import Interpreter

from edge_demo.native_log import captured_stderr

# What grows line by line or row by row, and what a program that goes on cuts off behind the last whole one.
GROWING = re.compile(r"journal\.jsonl|rows-\d+\.f32|events\.out\.tfevents.*")
PARTIAL = re.compile(r".*partial.*|\.getnet-lock|tmp.*|.*\.tmp")


def faults_in(folder):
    """What is wrong with what lies in a folder: list of words, sorted."""
    found = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = os.path.relpath(path, folder)
        if any(PARTIAL.fullmatch(part) for part in pathlib.PurePath(name).parts):
            found.append(f"{name} was left")
        elif path.is_file() and not path.is_symlink() and not GROWING.fullmatch(path.name):
            try:
                _open(path)
            except Exception as error:  # whatever a reader says of half a file
                found.append(f"{name} is not whole: {type(error).__name__} {error}"[:150])
    return found


def names_in(folder):
    """All files, numbers in their names left out, as some are names of times: sorted list."""
    paths = (path for path in pathlib.Path(folder).rglob("*") if not path.is_dir())
    return sorted(re.sub(r"\d+", "0", os.path.relpath(path, folder)) for path in paths)


def _open(path):
    if path.suffix not in READERS:
        raise ValueError(f"nobody knows how to open {path.suffix or 'a file without a suffix'}")
    READERS[path.suffix](path.read_bytes())


def _json_lines(content):
    if content and not content.endswith(b"\n"):
        raise ValueError("half a line")
    for line in content.splitlines():
        json.loads(line)


def _table(content):
    rows = list(csv.reader(io.StringIO(content.decode())))
    if not content.endswith(b"\n") or len({len(row) for row in rows}) != 1:
        raise ValueError("half a line")


def _lines(content):
    if content and not content.endswith(b"\n"):
        raise ValueError("half a line")


def _picture(content, end):
    if not content.endswith(end) or cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) is None:
        raise ValueError("half a picture")


def _video(content):
    with captured_stderr():
        capture = cv2.VideoCapture(io.BytesIO(content), cv2.CAP_FFMPEG, [])
        count, read = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0
        while capture.read()[0]:
            read += 1
    if not read or read != count:
        raise ValueError(f"{read} of {count} frames")


def _archive(content):
    if (damaged := zipfile.ZipFile(io.BytesIO(content)).testzip()) is not None:
        raise ValueError(f"{damaged} in it is damaged")


def _arrays(content):
    with np.load(io.BytesIO(content)) as arrays:
        for name in arrays.files:
            arrays[name]


def _model(content):
    _archive(content)
    with captured_stderr():
        Interpreter(model_content=content).allocate_tensors()


def _page(content):
    if not content.rstrip().endswith(b"</html>"):
        raise ValueError("half a page")


def _index(content):
    import faiss

    faiss.deserialize_index(np.frombuffer(content, np.uint8))


READERS = {
    ".csv": _table,
    ".faiss": _index,
    ".html": _page,
    ".jpg": lambda content: _picture(content, b"\xff\xd9"),
    ".json": json.loads,
    ".jsonl": _json_lines,
    ".keras": _archive,
    ".mp4": _video,
    ".npy": lambda content: np.load(io.BytesIO(content)),
    ".npz": _arrays,
    ".png": lambda content: _picture(content, b"IEND\xaeB`\x82"),
    ".tflite": _model,
    ".txt": _lines,
    ".md": _lines,
    ".xml": xml.etree.ElementTree.fromstring,
    ".yaml": yaml.safe_load,
}
