"""The measured process of `throughput.py`, the same for TensorFlow and PyTorch; of its own imports nothing but Python."""

import json
import os
import sys
import time

CHECKED_STEPS = 8


def serve(build, hello):
    """The measured process: answers requests {"variant", "steps"}, one JSON line each, until the input ends.

    Args:
        build: function from a variant's name to a function that does one training step and returns the mean loss of
            all its steps so far.
        hello: dict, sent first.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # compilers talk on stdout
    print(json.dumps(hello), file=answers)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        variant = request["variant"]
        try:
            if variant not in steps:
                steps[variant] = build(variant)
            begin = time.perf_counter()
            for _ in range(request["steps"]):
                loss = steps[variant]()
            loss = float(loss)
            answer = {"seconds": time.perf_counter() - begin, "loss": loss}
        except Exception as error:  # what cannot run here becomes a row that says so
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers)
