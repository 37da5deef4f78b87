"""What the frozen trunk sees of many pictures, computed once and kept in a file: training then never meets a pixel."""

import concurrent.futures
import pathlib

import numpy as np

from edge_demo.own_file import Damaged, arrays_of, mapped
from edge_demo.whole_file import written_whole

BATCH = 16  # pictures that are encoded at once
NAMES, SHAPE = "_names", "_shape"  # beside the facts: what they are called, and the shape of the maps
AHEAD = 2  # batches that are rendered while one is encoded


def cached_maps(path, count, render, encode, report=lambda done: None):
    """Maps of `count` pictures, from a file or, if there is none yet or a damaged one, computed into it.

    Args:
        path: of the file, `.npy`; facts lie beside it as `.npz`. Written beside, then renamed.
        count: of pictures.
        render: function of a picture's number -> dict: "image" (H, W, 3) uint8, and facts, arrays that all pictures
            have in the same shape. Called from several threads.
        encode: function (B, H, W, 3) uint8, as rendered -> maps (B, h, w, D).
        report: called with the number of pictures done, now and then.

    Returns:
        maps (count, h, w, D) float16, mapped from the file, and facts: dict of arrays (count, ...).
    """
    path, facts_path = pathlib.Path(path), pathlib.Path(path).with_suffix(".npz")
    kept = _kept(path, facts_path, count)
    if kept is None:
        _compute(path, facts_path, count, render, encode, report)
        kept = _kept(path, facts_path, count)
    return kept


def _kept(path, facts_path, count):
    """Both files' content; None if there is none, or it is damaged or of other pictures."""
    try:
        maps, facts = mapped(path), arrays_of(facts_path)
        names, shape = facts.pop(NAMES).tolist(), facts.pop(SHAPE).tolist()
        fits = sorted(facts) == names and maps.dtype == np.float16 and list(maps.shape) == shape
        whole = all(len(array) == count and np.isfinite(array).all() for array in facts.values())
    except (Damaged, FileNotFoundError, KeyError, TypeError):  # numbers where there should be text, and so on
        return None
    return (maps, facts) if fits and len(maps) == count and whole else None


def _compute(path, facts_path, count, render, encode, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    starts, shape, facts = range(0, count, BATCH), None, []
    # Written, not mapped: where a mapped file finds no room on the disk, the system ends the process without a word.
    with written_whole(path) as file, concurrent.futures.ThreadPoolExecutor(AHEAD) as pool:
        coming = [pool.submit(_rendered, render, start, count) for start in starts[:AHEAD]]
        for number in range(len(starts)):
            items = coming.pop(0).result()
            if number + AHEAD < len(starts):
                coming.append(pool.submit(_rendered, render, starts[number + AHEAD], count))
            found = np.asarray(encode(np.stack([item.pop("image") for item in items])), np.float16)
            if shape is None:
                shape = (count, *found.shape[1:])
                about = {"descr": "<f2", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, about)
            file.write(found.astype("<f2").tobytes())
            facts += items
            report(len(facts))
        about = {NAMES: np.array(sorted(facts[0]), np.str_), SHAPE: np.array(shape)}
        columns = {name: np.stack([item[name] for item in facts]) for name in facts[0]}
        with written_whole(facts_path) as facts_file:
            np.savez(facts_file, **about, **columns)


def _rendered(render, start, count):
    return [render(i) for i in range(start, min(start + BATCH, count))]
