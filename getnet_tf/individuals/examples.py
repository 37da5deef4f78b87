"""What is learned from and watched: maps of a reference, of a view of it, and of something else, and where the view's cells are.

Three sources draw examples from cached maps: rendered triples, two views of one photo, and finds.
"""

import dataclasses

import numpy as np

from edge_demo.model.alignment.turns import TURNS
from edge_demo.model.thetas import KINDS
from getnet_tf.alignment.affine_maps import after, inverse
from getnet_tf.alignment.finds import AREAS, angle_deg, turned_theta
from getnet_tf.individuals.places import middles_norm
from getnet_tf.individuals.triples import ROLES

INSIDE_VIEW, INSIDE_FIND = (
    0.97,
    0.85,
)  # of half the reference's side: up to there a point of it is seen, mostly


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """Three maps, and what is known of them.

    `reference`, `view`, `other` (h, w, C) float32; `places` (h w, 2), where in the reference the middles of the view's cells lie,
    normalized; `seen` (h w,) bool, whether the reference shows the same point of the thing there.
    """

    reference: np.ndarray
    view: np.ndarray
    other: np.ndarray
    places: np.ndarray
    seen: np.ndarray


class Rendered:
    """Examples of `Triples`: the other one is the look-alike.

    Args:
        maps, facts: of `cached_maps`.
    """

    def __init__(self, maps, facts):
        self.maps, self.facts = maps, facts

    def __len__(self):
        return len(self.maps) // ROLES

    def __getitem__(self, number):
        first = number * ROLES
        places, seen = self.facts["places"][first], self.facts["seen"][first]
        maps = self.maps[first : first + ROLES].astype(np.float32)
        return Example(*maps, places.reshape(-1, 2), seen.ravel())

    def drawn(self, rng):
        """An `Example`, any of them."""
        return self[rng.integers(len(self))]


class OfPhotos:
    """Examples of photos: the other one is a photo of something else. Subclasses define `drawn`.

    Args:
        seen: `Seen` of the alignment, affine.
        strangers: groups that the other one is drawn from.
        image_hw: (H, W) of the pictures, pixels.
    """

    def __init__(self, seen, strangers, image_hw):
        self.seen, self.strangers, self.middles = seen, strangers, middles_norm(image_hw)

    def drawn(self, rng):
        """An `Example`."""
        raise TypeError(f"{type(self).__name__} draws no examples.")

    def example(self, group, place_a, place_b, theta, inside, rng):
        """The one whose view, picture `place_b` of a group, is mapped to its reference, `place_a`, by affine theta (6,)."""
        labels = self.seen.labels
        others = self.strangers[labels[self.strangers] != labels[group]]
        # Where all pictures may show one thing, any other one is more likely to be another thing than not.
        others = others if len(others) else self.strangers[self.strangers != group]
        places = KINDS["affine"].read_at(theta[None], self.middles, np)[0].astype(np.float32)
        maps = self.seen.at(
            np.array([group, group, rng.choice(others)]), np.array([place_a, place_b, place_a])
        )
        return Example(*maps, places, (np.abs(places) < inside).all(axis=-1))


class OfViews(OfPhotos):
    """Two views of a photo by affine maps."""

    def drawn(self, rng):
        views, group = self.seen, rng.choice(self.seen.chosen)
        a, b = rng.choice(views.count, 2, replace=False)
        theta = after(inverse(views.fact("theta", group, a)), views.fact("theta", group, b)[None])[0]
        return self.example(group, a, b, theta, INSIDE_VIEW, rng)


class OfFinds(OfPhotos):
    """A reference in the turn that comes nearest, and an area with its thing among other things."""

    def drawn(self, rng):
        group, area = rng.choice(self.seen.chosen), rng.integers(AREAS)
        theta = np.tile(self.seen.fact("theta", group, 0)[area], (TURNS, 1))
        turned = turned_theta(theta, range(TURNS))
        turn = int(np.abs(angle_deg(turned)).argmin())
        return self.example(group, turn, TURNS + area, turned[turn], INSIDE_FIND, rng)
