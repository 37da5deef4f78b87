"""Reads what the pages show: their commands, links, headings and blocks of code."""

import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("edge_demo/*/*.md"))]
SERVICE = ROOT / "docs" / "getnet.service"
MAKEFILE = ROOT / "Makefile"
FOREIGN = ("pip", "pytest", "venv")  # what `python -m` runs and is not ours


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(path, language):
    """The fenced blocks of code of a page."""
    return re.findall(rf"```{language}\n(.*?)```", text_of(path), re.S)


def without_blocks(path):
    """A page's prose."""
    return re.sub(r"```.*?```", "", text_of(path), flags=re.S)


def links(path):
    """Where the links and pictures of a page lead within the project: (file, anchor or "")."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_blocks(path))
    inner = [target.partition("#") for target in targets if not target.startswith(("http://", "https://"))]
    return [(path.parent / file if file else path, anchor) for file, _, anchor in inner]


def anchors(path):
    """The names by which a page's headings can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)", without_blocks(path), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def calls():
    """The words after `python` -> the page that shows them, for every call of something that is ours."""
    found = {}
    for path in (*PAGES, SERVICE, MAKEFILE):
        for line in _lines(path):
            for words in _commands(line):
                at = next(
                    (at for at, word in enumerate(words) if re.fullmatch(r"(.*/)?python3?", word)), None
                )
                call = () if at is None else tuple(words[at + 1 :])
                if call and call[1:2] not in [(name,) for name in FOREIGN]:
                    found.setdefault(call, str(path.relative_to(ROOT)))
    return found


def _lines(path):
    """The lines of shell in a page, the service file or the Makefile."""
    text = text_of(path).replace("\\\n", " ")
    if path == SERVICE:
        start = re.search(r"^ExecStart=(.*)", text, re.M)[1]
        chosen = [line for page in (SERVICE, *PAGES) for line in _service_options(page)]
        return [start.replace("$GETNET_OPTIONS", options) for options in ("", *chosen)]
    if path == MAKEFILE:
        values = dict(re.findall(r"^(\w+) [?:]?= (.*)", text, re.M))
        recipes = re.findall(r"^\t@?(.*)", text, re.M)
        return [re.sub(r"\$\((\w+)\)", lambda match: values[match[1]], recipe) for recipe in recipes]
    shown = [line for block in blocks(path, "bash") for line in block.replace("\\\n", " ").splitlines()]
    return shown + [" ".join(span.split()) for span in re.findall(r"`(python [^`]+)`", without_blocks(path))]


def _service_options(path):
    """What is written into the variable whose words the service file appends to its command."""
    return re.findall(r"GETNET_OPTIONS=(--[^'`\n]*)", text_of(path))


def _commands(line):
    """A line of shell -> its commands, each a list of words; the comment is left out."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    commands = [[]]
    for word in words:
        if set(word) <= set("();<>|&"):
            commands.append([])
        else:
            commands[-1].append(word)
    return commands
