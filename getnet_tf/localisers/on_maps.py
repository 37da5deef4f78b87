"""What the localisers on a pretrained backbone's maps share: each cell guesses a box, the surest places are looked at.

The layers and the maths are in `neck` and `map_localiser`; how one of several places is chosen is in `likeliest_place`.
"""

from getnet_tf.backbones import PRETRAINED
from getnet_tf.localisers.localiser import Localiser


class OnMaps(Localiser):
    """Sees the maps of a pretrained backbone. Subclasses say what of a cell they see.

    Attributes:
        places: how many places it looks at before it decides.
    """

    on_maps = True
    places = 1

    def check(self, config):
        from edge_demo.model.thetas import KINDS

        if not self.suits(config):
            raise ValueError(
                f"The localiser {self.name} needs a pretrained backbone ({', '.join(PRETRAINED)}). "
                f"Received: backbone={config.backbone!r}."
            )
        if not KINDS[config.theta_kind].for_boxes:
            kinds = " or ".join(name for name, kind in KINDS.items() if kind.for_boxes)
            raise ValueError(
                f"A localiser on the maps of a pretrained backbone gives theta of the kind {kinds}. Received: "
                f"theta_kind={config.theta_kind!r}."
            )
        if any(n % 32 for n in (*config.image_hw, *config.crop_hw)):
            raise ValueError(
                f"A localiser on the maps of a pretrained backbone needs sizes that are multiples of 32. Received: "
                f"image_hw={config.image_hw}, crop_hw={config.crop_hw}."
            )

    def channels(self, config):
        """How many numbers of a cell it sees: int."""
        raise TypeError(f"{type(self).__name__} does not say how much it sees.")

    def cells(self, local_fine, local_coarse, content, descriptor):
        """What it sees of each cell: (B, h, w, `channels`).

        Args:
            local_fine (B, h, w, D), local_coarse (B, h / 2, w / 2, D), content (B, h, w, C): of the neck.
            descriptor: (B, K, D) of the reference; None without one.
        """
        raise TypeError(f"{type(self).__name__} does not say what it sees.")

    def parts(self, config, keras):
        from getnet_tf.localisers.map_localiser import build_map_localiser
        from getnet_tf.localisers.neck import build_neck

        return {
            "neck": build_neck(config, keras),
            "localiser": build_map_localiser(self.channels(config), keras),
        }

    def heat_and_edges(self, branch, maps, descriptor=None, training=False):
        """What the cells of a frame say, from its three maps: see `map_localiser.build_map_localiser`."""
        cells = self.cells(*branch.neck(maps, training=training), descriptor)
        return branch.localiser(cells, training=training)

    def box(self, branch, maps, descriptor=None, training=False):
        """The average guess, by which it learns: box (B, 4) float32 as shares of the frame, and the weights (B, h, w)."""
        from getnet_tf.localisers.map_localiser import box_from_cells

        return box_from_cells(*self.heat_and_edges(branch, maps, descriptor, training))

    def find(self, branch, image, shown, training, encoder_training):
        from keras import ops

        from getnet_tf.localisers.likeliest_place import likeliest_place

        maps = branch.maps(image, encoder_training)
        shown = shown or {}
        heat, edges = self.heat_and_edges(branch, maps, shown.get("descriptor"), training)
        of_map = branch.config.sampled == "map"
        source, describe = (maps[0], branch.embedding_of_map) if of_map else (image, branch.embedding_of)

        def look(theta):
            # As `ops.repeat`, for which the edge's fast kernels have no form.
            repeated = ops.concatenate([source[:, None]] * self.places, axis=1)
            area = branch.transformer([ops.reshape(repeated, (-1, *source.shape[1:])), theta])
            return describe(area, encoder_training)

        whole = branch.embed(maps[1], encoder_training)
        theta, embedding = likeliest_place(
            heat, edges, self.places, shown.get("embedding"), whole, branch.theta_of_box, look
        )
        return {"theta": theta, "embedding": embedding}

    def see(self, branch, image):
        maps = branch.maps(image)
        seen = dict(zip(("fine", "coarse", "content"), branch.neck(maps), strict=True))
        whole = {"whole": branch.embed(maps[1])}
        return (seen if self.takes_reference else self.places_in(branch, seen, None)) | whole

    def places_in(self, branch, seen, descriptor):
        """The places to look at in one frame, of which the neck's maps were seen: {"theta": (N, P), "sure": (1, N)}, the
        surest first; with a reference also "heat" (1, 1), how sure it is of the surest cell at all, as a logit."""
        from keras import ops

        from getnet_tf.localisers.map_localiser import boxes_of_modes

        cells = self.cells(seen["fine"], seen["coarse"], seen["content"], descriptor)
        heat, edges = branch.localiser(cells)
        boxes, sure = boxes_of_modes(heat, edges, self.places)
        found = {"theta": branch.theta_of_box(ops.reshape(boxes, (-1, 4))), "sure": sure}
        if descriptor is None:
            return found
        h, w = heat.shape[1:3]
        return found | {"heat": ops.max(ops.reshape(heat, (-1, h * w)), axis=1, keepdims=True)}

    def metadata(self, config):
        from getnet_tf.localisers.likeliest_place import CONTEXT, TRUST

        decided_at_the_edge = config.sampled == "image"
        looks = {"trust": TRUST, "context": CONTEXT} if decided_at_the_edge else None
        return {**super().metadata(config), "looks": looks}

    def transformer_variables(self, branch):
        return branch.localiser.trainable_variables + branch.neck.trainable_variables
