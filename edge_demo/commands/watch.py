"""Finds an object in every frame, after one picture of it.

    python -m edge_demo demo                            # what it does, without a camera or a picture of yours
    python -m edge_demo --reference cup.jpg             # camera 0, in a window
    python -m edge_demo --gallery things                # objects that stay; press r to show it another
    python -m edge_demo --reference cup.jpg --source rtsp://user:password@10.0.0.7/stream
    python -m edge_demo --gallery things --web          # in a browser: http://127.0.0.1:8080
    python -m edge_demo --source sim                    # no camera: a drifting digit that we draw
    python -m edge_demo --reference cup.jpg --source clip.mp4 --headless --out found
    python -m edge_demo match cup.jpg desk.jpg          # is the cup on the desk, and where
    python -m edge_demo gallery things                  # what is in the gallery; --add and --delete change it
    python -m edge_demo doctor                          # what is missing here, and how to get it
    python -m edge_demo --version

A picture is an object of its own name. In a folder, every picture is an object, and every folder is an object whose
pictures are views of it. With --gallery, references are kept there for the next run.

What was found is followed, and looked at again every few frames; what is lost is looked for in the whole frame every few frames, and
between, step by step, in all of it for small things. --effort says how often: thorough looks at every frame, quick leaves out
the search for small things.

The window lists its keys. With --headless, DIR gets video.mp4, with the boxes drawn in, and frames.jsonl,
one line per frame:

    {"frame": 0, "latency_ms": 4.1, "objects": [
      {"name": "cup", "score": 0.93, "kind_score": 0.97, "same": true, "match": true,
       "looked": true, "box_px": [xmin, ymin, xmax, ymax], "outline_px": [[x, y], ...], "angle_deg": 12.5, "others": []}]}

A model that can tell a thing from others of its kind gives two answers: kind_score, that one of the kind is there, and score,
that it is this one. What is only like it is no match, unless --kinds asks for no more. Other models know kinds alone: both
scores are one, and same is null. In pictures of a folder all of them are found: the surest first, the rest as others.

In a film, "looked" is false where the network did not look: its scores are of the last frame in which it did, its box was
followed. Events are decided by frames in which it looked.

Of several things, what is not there at first sight has a score of 0 and no box: null. With --outline, a match has an outline, from
its own top left corner on; null where there is none. The angle is a rough one without it.

Until the end the video is in DIR/segments, in pieces of at most 10 seconds that play whatever happens. The lines hold what
the model said of each frame; the boxes in the video are steadied over time. If something was seen, events.jsonl says what
came and went, and when:

    {"event": "seen", "name": "cup", "score": 0.93, "kind_score": 0.97, "same": true, "frame": 12,
     "time_s": 0.4, "since_s": 0.1, "box_px": [...], "outline_px": null, "angle_deg": null}

With --snapshots, DIR keeps a JPEG of everything that is seen and an events.jsonl of its own, for weeks and from run to run;
the oldest pictures make room for new ones. With --mqtt, a broker is told the same: each
line at topic/NAME/event, and at topic/status whether the program is online.

With --web the same is a page: live picture, threshold, and objects that are shown by hand. Where other devices can reach it, it
asks for the token. --out records besides.

Ctrl-C ends a run and keeps what it wrote. What can't work is one line on stderr, and exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_demo import watch
from edge_demo.bounds import positive, seed
from edge_demo.camera import sim, sources
from edge_demo.errors import EdgeError
from edge_demo.model import metadata
from edge_demo.model.shipped import chosen
from edge_demo.options import add_effort, add_kinds, add_level, add_outline, parser_of
from edge_demo.outputs import outputs
from edge_demo.screen.screen import Screen
from edge_demo.web import endpoint
from edge_demo.window.window import Window, require_display

UNSEEN_FRAMES = 300  # of the simulated camera, which never ends, where there is no display


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo`; returns the exit code."""
    args = _parser().parse_args(argv)
    if args.web is not None and args.headless:
        raise EdgeError(
            "Expected --web or --headless, received both. Leave out --headless: --web opens no window."
        )
    if args.web is None and args.token is not None:
        raise EdgeError("Expected --token with --web, received it alone. Add --web, or leave it out.")
    openers = outputs.from_arguments(args)
    model = chosen(args.model)
    metadata.check(model)
    _check_there(args.reference)
    screen = _screen(args)
    config = watch.WatchConfig(
        model=model,
        references=tuple(args.reference),
        gallery=args.gallery,
        source=args.source,
        realtime=args.realtime,
        seed=args.seed,
        max_frames=args.max_frames,
        num_threads=args.threads,
        outline=args.outline,
        kinds=args.kinds,
        effort=args.effort,
    )
    print(watch.run(config, screen, openers))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("python -m edge_demo", __doc__)
    add = parser.add_argument
    add(
        "--reference",
        type=Path,
        nargs="+",
        default=(),
        metavar="PICTURE",
        help="what to find: pictures, folders of pictures, or folders of objects",
    )
    add("--gallery", type=Path, metavar="DIR", help="a folder in which objects stay")
    add("--source", default="0", help=sources.kinds())
    add("--realtime", action="store_true", help="play a video file at its own rate, dropping late frames")
    add_effort(parser)
    add_outline(parser)
    add_kinds(parser)
    add_level(
        parser,
        "score from which something is a match, to begin with; in a film it appears 10 above and goes 10 below",
    )
    add("--max-frames", type=positive, metavar="N", help="stop after N frames")
    add("--seed", type=seed, default=0, help="of the simulated camera")
    add("--headless", action="store_true", help="no window: record to --out, or keep --snapshots, or both")
    add(
        "--web",
        nargs="?",
        const=endpoint.DEFAULT,
        metavar="ADDRESS:PORT",
        help=f"serve a page instead of showing a window; without an address, at {endpoint.DEFAULT}",
    )
    add(
        "--token",
        metavar="SECRET",
        help="what the page asks for; or the variable GETNET_TOKEN, which other users can't read",
    )
    outputs.add_arguments(parser)
    return parser


def _check_there(references: Sequence[Path]) -> None:
    """A missing picture is told before a missing display, which comes before anything that takes time."""
    for path in references:
        if not path.exists():
            raise EdgeError(
                f"{path}: expected a picture or a folder of them, found no such file. Check the path."
            )


def _screen(args: argparse.Namespace) -> Screen:
    """Before anything that takes time, for displays and addresses are what people get wrong."""
    level = args.level / 100
    if args.headless:
        return Screen(level)
    if args.web is None:
        try:
            require_display()
        except EdgeError as error:
            if args.source != sim.NAME:
                raise
            # It needs neither camera nor picture, so nothing else is in the way of seeing that the program runs.
            args.max_frames = args.max_frames or UNSEEN_FRAMES
            print(
                f"{error} The simulated camera runs without one, for {args.max_frames} frames.",
                file=sys.stderr,
            )
            return Screen(level)
        return Window(level)
    try:
        from edge_demo.web.screen import WebScreen
    except ImportError as error:
        raise EdgeError(
            f"--web: expected aiohttp to be installed, received: {error}. Install it with: pip install aiohttp"
        ) from None
    return WebScreen(level, args.web, args.token or os.environ.get("GETNET_TOKEN") or None)
