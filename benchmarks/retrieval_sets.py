"""What is asked for, and among which pictures: Caltech-101 in draws, and Grocery Store's shelves."""

import dataclasses

import numpy as np
import photo_sets

SHARE = 0.05  # of the pictures of Caltech-101, that are asked for
DRAWS = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Asked:
    """Pictures: `parts`, dict of a name -> paths; `labels` (N,) of all of them in turn; `draws`, for each which are asked for, (N,) bool."""

    parts: dict
    labels: np.ndarray
    draws: list

    @classmethod
    def of(cls, photos, draws):
        """Of a dict of `Photos`; `draws` is a function of the number of all pictures."""
        # Numbers of kinds are those of one part; names hold for all.
        names = np.concatenate([np.array(one.class_names)[one.labels] for one in photos.values()])
        labels = np.unique(names, return_inverse=True)[1]
        return cls({name: one.paths for name, one in photos.items()}, labels, draws(len(labels)))


def caltech(data, part):
    """A share of the pictures of all kinds is asked for among the others, in five draws; to choose by, of those of training alone."""
    splits = photo_sets.caltech(data, 0)
    kinds = ("train",) if part == "val" else ("train", "val", "test")
    return Asked.of({f"caltech-{kind}": splits[kind] for kind in kinds}, drawn)


def new_kinds(data, part):
    """As `caltech`, of the kinds alone that no training has seen; to choose by, of those that it is watched by."""
    return Asked.of({f"caltech-{part}": photo_sets.caltech(data, 0)[part]}, drawn)


def grocery(data, part):
    """Pictures of `val` are asked for among those of `train`, fine classes; to choose by, every seventh of `train` among its others."""
    splits = photo_sets.grocery(data)
    kinds = ("train", "val") if part == "val" else ("train", "val", "test")
    asked = len(splits[kinds[-1]])
    return Asked.of(
        {f"grocery-{kind}": splits[kind] for kind in kinds},
        lambda count: [np.arange(count) >= count - asked],
    )


def drawn(count):
    """Five draws of a share of so many pictures: list of (N,) bool."""
    draws = []
    for seed in range(DRAWS):
        queries = np.zeros(count, bool)
        queries[np.random.default_rng(seed).choice(count, round(SHARE * count), replace=False)] = True
        draws.append(queries)
    return draws


SETS = {"caltech": caltech, "new kinds": new_kinds, "grocery": grocery}
