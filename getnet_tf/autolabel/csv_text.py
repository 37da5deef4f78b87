"""Tables as the text of a CSV file."""

import csv
import io

from getnet_tf.autolabel.class_name import FORMULA


def csv_text(columns, rows):
    """Rows under the names of their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def errors_csv(failures):
    """Every `Failure`: the text of errors.csv."""
    return csv_text(("path", "reason"), [(no_formula(one.path), one.reason) for one in failures])


def no_formula(path):
    """A path that a spreadsheet takes for text, and everybody else for the same path: "./=1.png" for "=1.png"."""
    return f"./{path}" if path.startswith(FORMULA) else path
