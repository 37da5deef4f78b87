"""benchmarks/bench.py: what every script's command line does, its tables, and how it ends."""

import json
import pathlib

import bench
import boxed_sets
import numpy as np
import pytest
from checks import ROOT, one_line, run_python
from fixed_box import best_fixed_box

from getnet_tf.evaluation import metrics

DOC = "Counts to a number.\n\n    python count.py\n"


def arguments(parser):
    bench.add_count(parser, 3, "things")
    bench.add_data(parser, "holds things", required=False)
    bench.add_model(parser)


def measure(options):
    missed = ["at most 5"] if options.count > 5 else []
    return {"count": options.count, "half": np.float32(options.count / 2), "missed": missed}


def markdown(result):
    return bench.table([result], {"count": bench.text("count"), "half": bench.number("half", 1)})


def ended(*argv):
    return bench.main(DOC, arguments, measure, markdown, [str(item) for item in argv])


def test_a_script_prints_its_machine_and_its_table(capsys):
    assert ended("--threads", 2) == 0
    first, blank, *table = capsys.readouterr().out.splitlines()
    assert bench.processor() in first and "2 of them used" in first and f"numpy {np.__version__}" in first
    assert blank == ""
    assert table == ["| count | half |", "|---|---|", "| 3 | 1.5 |"]


def test_the_numbers_go_into_a_file_with_what_they_depend_on(tmp_path):
    """Half of 5 is a NumPy number in the result, the model a path among the options: JSON has neither."""
    path = tmp_path / "numbers.json"
    assert ended("--count", 5, "--json", path) == 0
    content = json.loads(path.read_text())
    assert content["result"] == {"count": 5, "half": 2.5, "missed": []}
    assert content["options"]["count"] == 5 and content["options"]["model"].endswith("getnet.tflite")
    assert content["environment"]["versions"]["numpy"] == np.__version__


def test_a_missed_target_ends_with_1_and_the_numbers_are_written_all_the_same(tmp_path):
    assert ended("--count", 6, "--json", tmp_path / "numbers.json") == 1
    assert json.loads((tmp_path / "numbers.json").read_text())["result"]["missed"] == ["at most 5"]


@pytest.mark.parametrize(
    ("flag", "advice"), [("--data", "--data"), ("--model", "--model"), ("--json", "another --json")]
)
def test_what_is_not_there_is_said_in_one_line_before_anything_is_measured(flag, advice, tmp_path, capsys):
    assert ended(flag, tmp_path / "no" / "such") == 2
    error = capsys.readouterr().err
    assert one_line(error.rstrip("\n")) and advice in error


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_count_of_nothing_is_refused(count, capsys):
    with pytest.raises(SystemExit) as end:
        ended("--count", count)
    assert end.value.code == 2
    assert f"received: '{count}'" in capsys.readouterr().err


def test_help_is_the_docstring_with_the_defaults_that_say_something(capsys):
    with pytest.raises(SystemExit):
        ended("--help")
    shown = capsys.readouterr().out
    assert DOC.strip() in shown
    assert "things (default: 3)" in shown and "None" not in shown


def test_cells_show_digits_intervals_and_a_dash_where_nothing_is_known():
    row = {"name": "a", "x": 0.12345, "x_low": 0.1, "x_high": 0.25, "kB": 1234.5, "none": None}
    assert bench.number("x", 2)(row) == "0.12 [0.10, 0.25]"
    assert bench.percent("x")(row) == "12.3 [10.0, 25.0]"
    assert bench.number("kB", 0)(row) == "1,234"
    assert bench.number("none", 1)(row) == bench.text("other")(row) == "-"
    both = bench.together("{} ({})", bench.text("name"), bench.number("none", 1))
    assert bench.of("inner", both)({"inner": row}) == "a (-)"
    assert bench.of("inner", both)({}) == "-"


def test_every_script_answers_help_without_tensorflow():
    """In one process in which TensorFlow and Keras can't be imported."""
    scripts = [path.stem for path in pathlib.Path(ROOT, "benchmarks").glob("*.py")]
    scripts = [name for name in scripts if "bench.main(" in _text(name) and name != "bench"]
    assert len(scripts) > 20
    run_python(
        f"""
        import contextlib, importlib, io, sys
        sys.path.insert(0, "benchmarks")
        sys.modules |= dict.fromkeys(("tensorflow", "keras", "tf_keras"))
        import bench
        for name in {scripts}:
            script, shown = importlib.import_module(name), io.StringIO()
            with contextlib.suppress(SystemExit), contextlib.redirect_stdout(shown):
                bench.main(script.__doc__, script.arguments, script.measure, script.markdown, ["--help"])
            assert script.__doc__.strip() in shown.getvalue(), name
        """
    )


def _text(name):
    return pathlib.Path(ROOT, "benchmarks", f"{name}.py").read_text()


def test_the_best_fixed_box_is_right_most_often():
    """Two of three boxes are the left quarter of the frame, one is the right: nothing is right for both."""
    left, right = np.array([0, 0, 0.25, 1]), np.array([0.75, 0, 1, 1])
    share, box = best_fixed_box(np.array([left, right, left]), steps=4)
    assert share == pytest.approx(2 / 3)
    assert metrics.iou(box, left, (1, 1)) >= 0.5 and metrics.iou(box, right, (1, 1)) == 0


def test_a_film_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"cup\.mp4\. Expected --data with video/"):
        boxed_sets.frames_of(boxed_sets.clip_path(tmp_path))
