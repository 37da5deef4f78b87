"""The sets of `this_thing.py`, one file each: functions that give the trials."""

import functools

from this_thing_sets import cards, cup, films, grocery, kinds, planes, rendered, turns

# Functions of (data, part, limit): they have a part to choose by, and one to report on.
WITH_PARTS = {
    "rendered": rendered.trials,
    "turns": turns.trials,
    "grocery": grocery.trials,
    "kinds": kinds.trials,
}
# Functions of (data, limit): nothing may be chosen by them.
TO_REPORT_ON = {"cards": cards.trials, "films": films.trials, "cup": cup.trials, "planes": planes.trials}


def sets_of(part):
    """The sets that a part, "test" or "val", has: dict name -> function of (data, limit), which gives a list of `Trial`."""
    sets = {name: functools.partial(_of_part, trials, part) for name, trials in WITH_PARTS.items()}
    return sets | (TO_REPORT_ON if part == "test" else {})


def _of_part(trials, part, data, limit):
    return trials(data, part, limit)
