"""Finds an object in every frame, after one picture of it.

    python -m edge_demo --reference cup.jpg             # camera 0, in a window
    python -m edge_demo --gallery things                # objects that stay; press r to show it another
    python -m edge_demo --reference cup.jpg --source rtsp://user:password@10.0.0.7/stream
    python -m edge_demo --gallery things --web          # in a browser: http://127.0.0.1:8080
    python -m edge_demo --source sim                    # no camera: a drifting digit that we draw
    python -m edge_demo --reference cup.jpg --source clip.mp4 --headless --out found
    python -m edge_demo match cup.jpg desk.jpg          # is the cup on the desk, and where
    python -m edge_demo gallery things                  # what is in the gallery; --add and --delete change it
    python -m edge_demo doctor                          # what is missing here, and how to get it

A picture is an object of its own name. In a folder, every picture is an object, and every folder is an object whose
pictures are views of it. With --gallery, references are kept there for the next run.

With --scan, small things are found, too: parts of the frame are looked at in turns, one look a frame, and what is found is
followed in a part of the frame. Each picture of a folder is searched everywhere, which takes half a second.

The window lists its keys. With --headless, DIR gets video.mp4, with the boxes drawn in, and frames.jsonl,
one line per frame:

    {"frame": 0, "latency_ms": 4.1, "objects": [
      {"name": "cup", "score": 0.93, "match": true, "box_px": [xmin, ymin, xmax, ymax]}]}

What is not there at first sight has score 0 and no box: null. Until the end the video is in DIR/segments, in pieces of at most 10 seconds that play whatever happens. The lines hold what
the model said of each frame; the boxes in the video are steadied over time. If something was seen, events.jsonl says what
came and went, and when:

    {"event": "seen", "name": "cup", "score": 0.93, "frame": 12, "time_s": 0.4, "since_s": 0.1, "box_px": [...]}

With --snapshots, DIR keeps a JPEG of everything that is seen and an events.jsonl of its own, for weeks and from run to run;
the oldest pictures make room for new ones. With --mqtt, a broker is told the same: each
line at topic/NAME/event, and at topic/status whether the program is online.

With --web the same is a page: live view, threshold, and objects that are shown by hand. Where other devices can reach it, it
asks for the token. --out records besides.

Ctrl-C ends a run and keeps what it wrote. What can't work is one line on stderr, and exit code 2.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge_demo.doctor import doctor
from edge_demo.errors import EdgeError

if TYPE_CHECKING:
    from edge_demo.outputs.mqtt import Broker

SHIPPED_MODEL = Path(__file__).parent / "models" / "getnet.tflite"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0, 2 for an expected failure, 130 for a second Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        if argv[:1] == ["doctor"]:
            return doctor.main(argv[1:], SHIPPED_MODEL)
        if argv[:1] == ["match"]:
            return _match(argv[1:])
        if argv[:1] == ["gallery"]:
            return _gallery(argv[1:])
        return _watch(argv)
    except EdgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        if (error.name or "").startswith("edge_demo"):
            raise
        print(f"error: {error}. What to do: python -m edge_demo doctor", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def _watch(argv: list[str]) -> int:
    from edge_demo import watch
    from edge_demo.web.endpoint import DEFAULT

    parser = _parser("python -m edge_demo", __doc__)
    parser.add_argument(
        "--reference",
        type=Path,
        nargs="+",
        default=(),
        metavar="PICTURE",
        help="what to find: pictures, folders of pictures, or folders of objects",
    )
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="a folder in which objects stay")
    parser.add_argument(
        "--on-seen",
        metavar="COMMAND",
        help="run when an object is seen, without a shell; GETNET_NAME and GETNET_SCORE say what and how surely",
    )
    parser.add_argument(
        "--source",
        default="0",
        help="a camera's number or device, csi (the Raspberry Pi's ribbon camera), an rtsp:// or http:// "
        "address, a video file, a folder of pictures, or sim",
    )
    parser.add_argument(
        "--realtime", action="store_true", help="play a video file at its own rate, dropping late frames"
    )
    parser.add_argument(
        "--scan",
        action="store_true",
        help="also find small things: look at parts of the frame, and follow what is found",
    )
    parser.add_argument(
        "--headless", action="store_true", help="no window: record to --out, or keep --snapshots, or both"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where --headless or --web writes video.mp4 and frames.jsonl"
    )
    parser.add_argument(
        "--snapshots",
        type=Path,
        metavar="DIR",
        help="keep a picture of everything that is seen, and events.jsonl",
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        metavar="MB",
        help=f"of --snapshots: the oldest make room for new ones (default: {watch.SNAPSHOTS_MB})",
    )
    parser.add_argument(
        "--mqtt",
        metavar="ADDRESS",
        help="tell an MQTT broker: mqtt://user@host/topic, or mqtts:// for TLS; the variable GETNET_MQTT_PASSWORD, which "
        "other users can't read, holds the password",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier recording in DIR")
    parser.add_argument(
        "--web",
        nargs="?",
        const=DEFAULT,
        metavar="ADDRESS:PORT",
        help=f"serve a page instead of showing a window; without an address, at {DEFAULT}",
    )
    parser.add_argument(
        "--token",
        metavar="SECRET",
        help="what the page asks for; or the variable GETNET_TOKEN, which other users can't read",
    )
    parser.add_argument(
        "--level",
        type=_percent,
        default=watch.LEVEL,
        metavar="PERCENT",
        help="score from which something counts as seen, to begin with",
    )
    parser.add_argument("--max-frames", type=_positive, metavar="N", help="stop after N frames")
    parser.add_argument("--seed", type=int, default=0, help="of the simulated camera")
    args = parser.parse_args(argv)
    if args.web is not None and args.headless:
        raise EdgeError(
            "Expected --web or --headless, received both. Leave out --headless: --web opens no window."
        )
    if args.web is None and args.token is not None:
        raise EdgeError("Expected --token with --web, received it alone. Add --web, or leave it out.")
    if args.out is not None and not (args.headless or args.web):
        raise EdgeError("Expected --headless or --web with --out DIR, or neither for a window.")
    if args.headless and not (args.out or args.snapshots or args.mqtt):
        raise EdgeError(
            "Expected --out DIR, --snapshots DIR or --mqtt ADDRESS with --headless, received none."
        )
    if args.limit is not None and args.snapshots is None:
        raise EdgeError("Expected --snapshots DIR with --limit, which says how large that folder may become.")
    if args.out is not None and args.snapshots is not None and args.out.resolve() == args.snapshots.resolve():
        raise EdgeError(
            "Expected two folders for --out and --snapshots, received one: each has an events.jsonl."
        )
    config = watch.WatchConfig(
        model=_model(args.model),
        references=tuple(args.reference),
        gallery=args.gallery,
        source=args.source,
        realtime=args.realtime,
        out=args.out,
        overwrite=args.overwrite,
        max_frames=args.max_frames,
        num_threads=args.threads,
        seed=args.seed,
        on_seen=args.on_seen,
        level=args.level / 100,
        scan=args.scan,
        headless=args.headless,
        snapshots=args.snapshots,
        limit_mb=args.limit or watch.SNAPSHOTS_MB,
        broker=None if args.mqtt is None else _broker(args.mqtt),
        web=args.web,
        token=args.token or os.environ.get("GETNET_TOKEN") or None,
    )
    print(watch.run(config))
    return 0


def _broker(address: str) -> Broker:
    from edge_demo.outputs.mqtt import parsed

    return parsed(address, os.environ.get("GETNET_MQTT_PASSWORD"))


def _match(argv: list[str]) -> int:
    from edge_demo.model.matcher import Matcher
    from edge_demo.model.preprocess import read_picture

    parser = _parser(
        "python -m edge_demo match", "Says whether one picture's object is in another, and where."
    )
    parser.add_argument("reference", type=Path, help="a picture that the object fills")
    parser.add_argument("scene", type=Path, help="a picture to find it in")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead")
    args = parser.parse_args(argv)
    matcher = Matcher(_model(args.model), args.threads)
    reference = matcher.describe(read_picture(args.reference), args.reference.stem)
    found = matcher.compared(matcher.find(read_picture(args.scene), reference), reference)
    box_px = [round(edge, 1) for edge in found.box_px]
    if args.json:
        fields = {"score": found.score, "match": found.match, "distance": found.distance, "box_px": box_px}
        print(json.dumps(fields))
        return 0
    verdict = "a match" if found.match else "no match"
    limit = matcher.metadata.threshold
    print(f"score: {100 * found.score:.1f} %, {verdict} (distance {found.distance:.3f}, at most {limit:.3f})")
    print(f"box:   {', '.join(map(str, box_px))} (xmin, ymin, xmax, ymax in pixels of {args.scene})")
    return 0


def _gallery(argv: list[str]) -> int:
    from edge_demo.gallery.gallery import Gallery
    from edge_demo.gallery.objects import Objects
    from edge_demo.model.description import hash_of
    from edge_demo.model.matcher import Matcher

    parser = _parser("python -m edge_demo gallery", "Lists the objects of a gallery, and changes them.")
    parser.add_argument("folder", type=Path, help="as --gallery takes it")
    parser.add_argument(
        "--add", type=Path, nargs="+", default=(), metavar="PICTURE", help="as --reference takes them"
    )
    parser.add_argument("--delete", nargs="+", default=(), metavar="NAME", help="objects to forget")
    args = parser.parse_args(argv)
    model = _model(args.model)
    matcher = Matcher(model, args.threads)
    gallery = Gallery(args.folder, matcher, hash_of(model))
    for name in args.delete:
        gallery.delete(name)
    Objects(matcher, gallery).add_files(args.add)
    for known in gallery.objects:
        print(f"{known.name}: {len(known.views)} view{'s' if len(known.views) > 1 else ''}")
    if not gallery.objects:
        print(f"{args.folder}: no objects")
    return 0


def _parser(prog: str, description: str) -> argparse.ArgumentParser:
    class Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
        """Keeps the manual's lines and states the defaults."""

    parser = argparse.ArgumentParser(prog=prog, description=description, formatter_class=Formatter)
    parser.add_argument("--model", type=Path, help="a .tflite file; without it, the one that edge_demo ships")
    parser.add_argument("--threads", type=_positive, default=1, metavar="N", help="that the model runs on")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, received: {text!r}")
    return int(text)


def _percent(text: str) -> float:
    from edge_demo.window.controls import HIGHEST, LOWEST

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 100 * LOWEST <= value <= 100 * HIGHEST:
        raise argparse.ArgumentTypeError(
            f"expected percent from {100 * LOWEST:.0f} to {100 * HIGHEST:.0f}, received: {text!r}"
        )
    return value


def _model(path: Path | None) -> Path:
    if path is not None:
        return path
    if not SHIPPED_MODEL.exists():
        raise EdgeError(
            "No model: none is shipped here, and --model names none. Make one with: "
            "python export/to_tflite.py, then give it by --model."
        )
    return SHIPPED_MODEL


if __name__ == "__main__":
    sys.exit(main())
