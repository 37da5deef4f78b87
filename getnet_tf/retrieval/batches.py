"""Batches of maps with what is known of them, every one a function of (seed, step): the same ones for every loss."""

import numpy as np

from getnet_tf.data.map_batches import MapBatches


class KindBatches(MapBatches):
    """So many pictures of each of some kinds: `maps` (B, h, w, K) and `same` (B, B), 1 = of one kind.

    Args:
        maps: (N, h, w, K).
        labels: (N,) kinds.
        chosen: (n,) rows of those that are learned from.
        size: B, pictures in a batch; fewer where there are fewer kinds.
        each: pictures of a kind; of a kind that has fewer some come twice.
        seed: draws everything.

    Raises:
        ValueError: if there are fewer than two kinds with two pictures.
    """

    def __init__(self, maps, labels, chosen, size, each, seed):
        self.maps, self.labels, self.each, self.seed = maps, np.asarray(labels), each, seed
        members = [chosen[self.labels[chosen] == kind] for kind in np.unique(self.labels[chosen])]
        self.members = [own for own in members if len(own) > 1]
        if len(self.members) < 2:
            raise ValueError(
                f"Invalid `chosen`. Expected two kinds or more with two pictures or more. Received: {len(self.members)}."
            )
        self.kinds = min(size // each, len(self.members))

    def __call__(self, step):
        rows = self.rows(step)
        own = self.labels[rows]
        return {
            "maps": self.maps[rows].astype(np.float32),
            "same": (own[:, None] == own).astype(np.float32),
        }

    def rows(self, step):
        """Which pictures: (B,) int."""
        rng = np.random.default_rng([self.seed, step])
        chosen = [self.members[i] for i in rng.choice(len(self.members), self.kinds, replace=False)]
        return np.concatenate([rng.choice(own, self.each, replace=len(own) < self.each) for own in chosen])
