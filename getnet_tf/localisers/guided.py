"""The guided localiser: where the frame resembles the reference. Ours; the paper's sees the image alone.

What a reference is to it is its descriptor, and what it sees of a frame's cell is how like that they are, hardly what they
show, so that what was learned on some kinds of objects holds for others. See `correlation`.
"""

from getnet_tf.localisers.on_maps import OnMaps

CELL_PX = 32  # of a reference, per part that is known of it


class Guided(OnMaps):
    """Searches a frame for what a reference shows; looks at two places, and stays with the likelier one."""

    name = "guided"
    takes_reference = True
    objects = (2, 4)
    places = 2

    def parts_per_side(self, config):
        """Parts per side that are known of a reference: int, as rows and columns must be the same."""
        return config.crop_hw[0] // CELL_PX

    def vectors(self, config):
        """K, how many vectors a descriptor has: of each of two maps its average and its parts."""
        return 2 * (1 + self.parts_per_side(config) ** 2)

    def channels(self, config):
        from getnet_tf.localisers.neck import CONTENT_DIM

        return self.vectors(config) + CONTENT_DIM

    def cells(self, local_fine, local_coarse, content, descriptor):
        from keras import ops

        from getnet_tf.localisers.correlation import two_scale_correlation

        cosines = two_scale_correlation(local_fine, local_coarse, descriptor)
        return ops.concatenate([cosines, content], axis=-1)

    def descriptor(self, branch, maps, training=False):
        """What is known of a reference, from its three maps: (B, K, D) float32."""
        from keras import ops

        from getnet_tf.localisers.correlation import descriptor_of

        fine, coarse, _ = branch.neck(maps, training=training)
        parts = self.parts_per_side(branch.config)
        return ops.concatenate([descriptor_of(fine, parts), descriptor_of(coarse, parts)], axis=1)

    def locate(self, branch, seen, descriptor):
        return self.places_in(branch, seen, descriptor)

    def inputs(self, config):
        return {"descriptor": self.metadata(config)["descriptor_shape"], "wanted": (config.embedding_dim,)}

    def metadata(self, config):
        from getnet_tf.localisers.neck import LOCAL_DIM

        return {**super().metadata(config), "descriptor_shape": (self.vectors(config), LOCAL_DIM)}
