"""The names a setting can take. Apart from the code behind them, so that `--help` does not load TensorFlow."""

SAMPLED = ("image", "map")
DECISIONS = ("distance", "joined")
SPLITS = ("image", "class")
DIGIT_VARIANTS = ("noise", "cluttered", "scaled")
SCHEDULES = ("alternate", "end-to-end")
LEARNS = ("top", "head")
STARTS = ("shipped", "scratch")
SUPERVISIONS = ("pairs+synthetic", "pairs")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
