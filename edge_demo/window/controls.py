"""What keys and mouse do in the window: pure, from a state and a key to the next state and perhaps an order.

`watch` goes on with the frames; every other mode holds the present one:

    watch -- space --> pause -- space --> watch
    watch -- r --> box -- drag, or Enter for the proposed box --> name -- Enter --> watch, and an order to remember
    watch -- d --> delete -- y --> watch, and an order to delete
    watch -- n --> watch, and an order to remember that what matches is another one

Escape goes back by one mode, or closes the list; it never ends the program.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from edge_demo.gallery.object_name import next_name
from edge_demo.model.object_match import Box
from edge_demo.model.preprocess import MIN_SIDE_PX
from edge_demo.screen.orders import HIGHEST, LOWEST, Facts, Order

NO_KEY = 255  # of `cv2.waitKey() & 0xFF`
ENTER, BACKSPACE, ESCAPE, TAB = (10, 13), (8, 127), 27, 9
STEP = 0.05  # of the level
LONGEST_TEXT = 40


@dataclasses.dataclass(frozen=True)
class Controls:
    """What the user has set and begun."""

    level: float  # score in [0, 1] from which an object counts as a match
    mode: str = "watch"  # "watch", "pause", "box", "name" or "delete"
    listing: bool = False  # whether the objects are listed
    outlines: bool = True  # whether outlines are drawn, where there are any
    selected: int = 0  # place in the list
    drag_px: Box | None = None  # from where the mouse went down to where it is: not ordered
    box_px: Box | None = None  # (xmin, ymin, xmax, ymax), chosen
    text: str = ""  # the name so far
    notice: str = ""  # what became of the last order

    @property
    def holds(self) -> bool:
        """Whether the present frame stays."""
        return self.mode != "watch"


def pressed(controls: Controls, key: int, facts: Facts) -> tuple[Controls, Order | None]:
    """What a key does: `cv2.waitKey() & 0xFF`, 255 for none."""
    if key == NO_KEY:
        return controls, None
    if controls.mode == "name":
        return _typed(controls, key, facts)
    controls = dataclasses.replace(controls, notice="")
    if controls.mode == "box":
        return _boxed(controls, key, facts), None
    if controls.mode == "delete":
        watching = dataclasses.replace(controls, mode="watch")
        return watching, Order("delete", facts.names[controls.selected]) if key == ord("y") else None
    return _watched(controls, key, facts)


def moved(controls: Controls, kind: str, point_px: tuple[float, float], facts: Facts) -> Controls:
    """What the mouse does: `kind` is "down", "move" or "up", the point may lie outside of the frame."""
    if controls.mode not in ("box", "name"):
        return controls
    x, y = (float(min(max(value, 0), side)) for value, side in zip(point_px, facts.frame_wh, strict=True))
    if kind == "down":
        return dataclasses.replace(controls, mode="box", drag_px=(x, y, x, y), box_px=None, notice="")
    if controls.drag_px is None:
        return controls
    drag_px = (*controls.drag_px[:2], x, y)
    if kind == "move":
        return dataclasses.replace(controls, drag_px=drag_px)
    box_px = ordered(drag_px)
    if min(box_px[2] - box_px[0], box_px[3] - box_px[1]) < MIN_SIDE_PX:
        return dataclasses.replace(controls, drag_px=None, notice="Too small: drag a box around the object.")
    return dataclasses.replace(controls, mode="name", drag_px=None, box_px=box_px)


def ordered(drag_px: Box) -> Box:
    """(xmin, ymin, xmax, ymax) of two opposite corners."""
    x0, y0, x1, y1 = drag_px
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def hints(controls: Controls, facts: Facts) -> list[str]:
    """The keys of this mode, each in brackets, lines from top to bottom."""
    outlines = "   [o] outlines" if facts.outlines else ""
    if controls.mode == "pause":
        lines = ["[space] go on   [s] snapshot   [q] quit" + outlines]
        return [f"[n] that is not {_doubted(controls, facts)}", *lines] if facts.matching else lines
    if controls.mode == "box":
        own = "[Enter] takes the model's   " if facts.proposed_px else ""
        return ["Drag a box around the object", f"{own}[Esc] back"]
    if controls.mode == "name":
        return [
            f"Name: {controls.text or next_name(facts.names)}_",
            "[Enter] keep   [Tab] a known name   [Esc] back",
        ]
    if controls.mode == "delete":
        return [f"Delete {facts.names[controls.selected]}?   [y] yes   any other key no"]
    lines = [f"[+] [-] match from {100 * controls.level:.0f} %   [g] objects   [r] remember"]
    if controls.listing and facts.names:
        lines.insert(0, "[Tab] next object   [d] delete it")
    if facts.matching:
        lines.insert(0, f"[n] that is not {_doubted(controls, facts)}")
    return [*lines, "[q] quit   [s] snapshot   [space] pause" + outlines]


def settled(controls: Controls, names: Sequence[str], notice: str) -> Controls:
    """After an order: a notice of what became of it, and a selection that exists."""
    return dataclasses.replace(
        controls, notice=notice, selected=min(controls.selected, max(len(names) - 1, 0))
    )


def _watched(controls: Controls, key: int, facts: Facts) -> tuple[Controls, Order | None]:
    """Watching or paused."""
    change, order = {}, None
    paused = controls.mode == "pause"
    if key == ord("q"):
        order = Order("quit")
    elif key == ESCAPE and controls.listing:
        change["listing"] = False
    elif key == ESCAPE:
        change.update({"mode": "watch"} if paused else {"notice": "q ends the program."})
    elif key == ord("s"):
        order = Order("snapshot")
    elif key == ord(" "):
        change["mode"] = "watch" if paused else "pause"
    elif key in (ord("+"), ord("="), ord("-")) and not paused:  # "=" is "+" without shift
        step = -STEP if key == ord("-") else STEP
        level = STEP * round((controls.level + step) / STEP)
        change["level"] = round(min(max(level, LOWEST), HIGHEST), 4)
    elif key == ord("o") and facts.outlines:
        change["outlines"] = not controls.outlines
    elif key == ord("n") and facts.matching:
        order = Order("not this", _doubted(controls, facts))
    elif key == ord("g"):
        change["listing"] = not controls.listing
    elif key == TAB and controls.listing and facts.names:
        change["selected"] = (controls.selected + 1) % len(facts.names)
    elif key == ord("r"):
        change.update(mode="box", drag_px=None, box_px=None, text="")
    elif key == ord("d"):
        if controls.listing and controls.selected < len(facts.names):
            change["mode"] = "delete"
        else:
            change.update(listing=True, notice="" if facts.names else "There is no object to delete.")
    return dataclasses.replace(controls, **change), order


def _doubted(controls: Controls, facts: Facts) -> str:
    """Of those that match the one that is selected in the list, or else the surest."""
    selected = facts.names[controls.selected] if controls.listing and facts.names else ""
    return selected if selected in facts.matching else facts.matching[0]


def _boxed(controls: Controls, key: int, facts: Facts) -> Controls:
    if key == ESCAPE:
        return dataclasses.replace(controls, mode="watch", drag_px=None)
    if key in ENTER and facts.proposed_px is None:
        return dataclasses.replace(controls, notice="The model has no box: drag one around the object.")
    if key in ENTER:
        return dataclasses.replace(controls, mode="name", drag_px=None, box_px=facts.proposed_px)
    return controls


def _typed(controls: Controls, key: int, facts: Facts) -> tuple[Controls, Order | None]:
    text = controls.text
    if key == ESCAPE:
        return dataclasses.replace(controls, mode="box", box_px=None), None
    if key in ENTER:
        order = Order("remember", text.strip() or next_name(facts.names), controls.box_px)
        return dataclasses.replace(controls, mode="watch", box_px=None, text=""), order
    if key in BACKSPACE:
        text = text[:-1]
    elif key == TAB and facts.names:
        place = facts.names.index(text) + 1 if text in facts.names else 0
        text = facts.names[place % len(facts.names)]
    elif 32 <= key < 127:
        text = (text + chr(key))[:LONGEST_TEXT]
    return dataclasses.replace(controls, text=text), None
