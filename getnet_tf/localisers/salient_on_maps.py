"""The salient localiser on a pretrained backbone's maps: cells see their own features."""

from getnet_tf.localisers.on_maps import OnMaps


class SalientOnMaps(OnMaps):
    """Looks at whatever stands out, in what a pretrained backbone sees."""

    name = "salient"

    def channels(self, config):
        from getnet_tf.localisers.neck import CONTENT_DIM, LOCAL_DIM

        return 2 * LOCAL_DIM + CONTENT_DIM

    def cells(self, local_fine, local_coarse, content, descriptor):
        from keras import ops

        coarse = ops.image.resize(local_coarse, local_fine.shape[1:3], interpolation="bilinear")
        return ops.concatenate([local_fine, coarse, content], axis=-1)
