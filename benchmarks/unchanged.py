"""Does the shipped network find what it found before? Boxes and scores on a clip, held against numbers recorded once.

    python benchmarks/unchanged.py --data PATH                 # half a minute; exit code 1 if anything differs
    python benchmarks/unchanged.py --data PATH --record        # records them anew, by the code as it is

The clip is `video/cup.mp4`, the object the labelled box of frame 24, every frame searched by itself, as the demo does it.
`unchanged.json` says by which commit its numbers are. Equal means to rounding: 0.01 of a pixel, 0.0001 of a score or distance. Where
an object is refused at first sight there is no box: that must be no frame that had a match.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
from scenes import cup_set, read_video

from edge_demo.__main__ import SHIPPED_MODEL
from edge_demo.model.matcher import Matcher
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

RECORDED = pathlib.Path(__file__).with_suffix(".json")
BOX_PX, SCORE = 0.01, 0.0001  # largest differences


def searched(data, model):
    """What is found in every frame of the clip: list of `ObjectMatch`."""
    matcher = Matcher(model)
    _, shown, _ = cup_set(data)[0]
    cup = matcher.describe(shown, "cup")
    frames = read_video(pathlib.Path(data) / "video" / "cup.mp4")
    return [matcher.match(frame, [cup]).objects[0] for frame in frames]


def recorded(found):
    """What is found, for JSON: [match, score, distance, xmin, ymin, xmax, ymax] of every frame."""
    return [
        [item.match, *(round(float(number), 6) for number in (item.score, item.distance, *item.box_px))]
        for item in found
    ]


def differences(found, before):
    """Largest differences of boxes (pixels), scores and distances, frames refused at first sight, and matches among those.

    Args:
        found: list of `ObjectMatch`.
        before: of the same frames, as `recorded` gives it.
    """
    pairs = list(zip(found, before, strict=True))
    looked_at = [(item, row) for item, row in pairs if item.box_px is not None]
    refused = [row for item, row in pairs if item.box_px is None]
    return {
        "frames": len(pairs),
        "score": max(abs(item.score - row[1]) for item, row in looked_at),
        "distance": max(abs(item.distance - row[2]) for item, row in looked_at),
        "box_px": max(float(np.abs(np.subtract(item.box_px, row[3:])).max()) for item, row in looked_at),
        "refused": len(refused),
        "matches_refused": sum(row[0] for row in refused),
    }


def run(options):
    """Measures, prints a line; returns the exit code."""
    found = searched(options.data, options.model)
    if options.record:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=RECORDED.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        rows = ",\n".join(map(json.dumps, recorded(found)))
        write_text(RECORDED, f'{{"commit": "{commit.stdout.strip()}", "cup": [\n{rows}\n]}}\n')
        print(f"recorded {len(found)} frames in {RECORDED}")
        return 0
    if not RECORDED.is_file():
        raise InputError(f"Expected recorded numbers in {RECORDED}, found none. Record them with --record.")
    before = json.loads(RECORDED.read_text())
    found = differences(found, before["cup"])
    equal = found["box_px"] <= BOX_PX and max(found["score"], found["distance"]) <= SCORE
    equal = equal and not found["matches_refused"]
    print(
        f"{found['frames']} frames against commit {before['commit']}: boxes differ by at most {found['box_px']:.4f} px, scores by "
        f"{found['score']:.6f}, distances by {found['distance']:.6f}; {found['refused']} frames refused at first sight, of which {found['matches_refused']} had a "
        f"match: {'unchanged' if equal else 'CHANGED'}"
    )
    return 0 if equal else 1


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, metavar="DIR", help="holds video/")
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file")
    add("--record", action="store_true", help="record the numbers instead")
    return report_errors(run, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
