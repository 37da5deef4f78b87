"""The functions of a file: a branch's, each under a name, with the shapes of its inputs."""

import tensorflow as tf

from getnet_tf.evaluation.keras_matcher import shown_as


class Signatures(tf.Module):
    """What TensorFlow saves of a branch: its variables, and one concrete function of one image for each name.

    `describe` a reference. `find` it in a frame; or, where areas can be cut out of the camera's own frame, `locate` it, or, without
    a reference, `see` where to look, for who then embeds the area: see `Branch`. `compare` two embeddings, with a joined-vector
    decision. (`locate` takes the frame here; `convert` parts what sees it from what looks for something in it.)

    Args:
        branch: `getnet_tf.branch.Branch`.
    """

    def __init__(self, branch):
        super().__init__()
        self.branch = branch
        # Not the models: TensorFlow would trace and save every layer's functions, too, for half of the time of an export.
        self.weights = [v for part in branch.parts.values() for v in getattr(part, "variables", ())]

    def functions(self):
        """Concrete functions by name: dict."""
        branch, config = self.branch, self.branch.config
        frame = {"image": (*config.image_hw, config.channels)}
        shown = branch.strategy.inputs(config)
        area = {"image": (*config.area_hw, config.channels)}
        functions = {"describe": function_of(lambda image: branch.describe(image), area)}
        # An area of the map cannot be cut out of a frame.
        cut = branch.localiser is not None and config.sampled == "image"
        if cut and shown:
            guide = {name: shape for name, shape in shown.items() if name != "wanted"}
            functions["locate"] = function_of(self._located, frame | guide)
        else:
            functions["find"] = function_of(
                lambda image, **given: branch.find(image, shown_as(**given)), frame | shown
            )
            if cut:
                functions["see"] = function_of(branch.see, frame)
        if branch.joined is not None:
            embedding = (config.embedding_dim,)
            functions["compare"] = function_of(
                branch.compare, {"embedding0": embedding, "embedding1": embedding}
            )
        return functions

    def _located(self, image, descriptor):
        seen = self.branch.see(image)
        return self.branch.locate(seen, descriptor) | {"whole": seen["whole"]}


def function_of(call, shapes):
    """A call with named inputs of these shapes, one of each, as a concrete function."""
    specs = {name: tf.TensorSpec((1, *shape), tf.float32, name=name) for name, shape in shapes.items()}
    return tf.function(lambda **inputs: call(**inputs), autograph=False).get_concrete_function(**specs)
