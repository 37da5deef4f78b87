"""Tables as the text of a CSV file."""

import csv
import io


def csv_text(columns, rows):
    """Rows under the names of their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def errors_csv(failures):
    """Every `Failure`: the text of errors.csv."""
    return csv_text(("path", "reason"), [(one.path, one.reason) for one in failures])
