"""Names of classes: what can be the name of an object, of a line in every label file, and of a column in a spreadsheet."""

from edge_demo.errors import EdgeError
from edge_demo.gallery.object_name import check_apart

FORMULA = ("=", "+", "-", "@")  # begin one, for a spreadsheet that opens a CSV file
COMMENT = "#"  # begins a line that readers of labelmap.txt pass over
PARTS = ":"  # parts the fields of such a line


def class_name(text):
    """The name itself.

    Raises:
        EdgeError: if no class can be called so.
    """
    plain = text.isprintable() and text == text.strip() and text.strip(".")
    if not plain or PARTS in text or text.startswith((COMMENT, *FORMULA)):
        raise EdgeError(
            f"expected a name that label files can hold: printable, in UTF-8, without a colon, and not beginning with "
            f"{COMMENT} {' '.join(FORMULA)} or a space; received {text!a:.80}. Rename it."
        )
    return text


def check_classes(folders):
    """That folders can be classes, by their paths with "/".

    Raises:
        EdgeError: naming the first that can't, or two that differ by case alone.
    """
    for folder in folders:
        try:
            for part in folder.split("/"):
                class_name(part)
        except EdgeError as error:
            raise EdgeError(f"{folder}: {error}") from None
    check_apart((folder, folder) for folder in folders)
