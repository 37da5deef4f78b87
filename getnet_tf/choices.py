"""The names a setting can take. Apart from the code behind them, so that `--help` does not load TensorFlow."""

THETA_KINDS = ("translation", "attention", "box", "similarity", "affine")
LOCALISERS = ("salient", "guided", "none")
SAMPLED = ("image", "map")
PRETRAINED = ("efficientnet-lite0", "mobilenet-v2")  # backbones that have seen ImageNet
BACKBONES = ("small-cnn", "small-cnn-pooled", *PRETRAINED)
DECISIONS = ("distance", "joined")
SPLITS = ("image", "class")
VARIANTS = ("noise", "cluttered", "scaled")
SCHEDULES = ("alternate", "end-to-end")
LEARNS = ("top", "head")
STARTS = ("shipped", "scratch")
SUPERVISIONS = ("pairs+synthetic", "pairs")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
