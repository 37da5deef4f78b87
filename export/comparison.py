"""What `benchmark` measured, for people: a table, a text, a figure."""

from matplotlib.figure import Figure

from getnet_tf.evaluation.plots import BLUE, GREY

GIVEN_UP = 0.005  # of pair accuracy, for which the recommendation does not take a slower file

COLUMNS = {
    "kilobytes": ("kB", "{:,.0f}"),
    "ms_1": ("ms, one thread", "{:.2f}"),
    "ms_2": ("two threads", "{:.2f}"),
    "megabytes": ("peak MB", "{:.0f}"),
    "pair_accuracy": ("pair accuracy", "{:.2%}"),
    "auc": ("AUC", "{:.4f}"),
    "mean_iou": ("mean IoU", "{:.3f}"),
    "theta_off": ("theta off float32's", "{:.4f}"),
    "cosine": ("cosine with float32", "{:.4f}"),
    "box_agreement": ("IoU with float32's boxes", "{:.3f}"),
    "pieces": ("delegate pieces", "{}"),
}


def table(rows):
    """All rows as Markdown."""
    lines = [f"| | {' | '.join(title for title, _ in COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in rows.items():
        cells = ["-" if row.get(key) is None else form.format(row[key]) for key, (_, form) in COLUMNS.items()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def figure(rows, rivals):
    """Accuracy, time and size of all files, and of the rivals what they have of it, as bars."""
    names = [*rows, *rivals]
    every = [*rows.values(), *({**row, "ms_1": row["ms"], "kilobytes": None} for row in rivals.values())]
    shown = {
        "pair accuracy, %": [100 * row["pair_accuracy"] for row in every],
        "ms a frame, one thread": [row["ms_1"] for row in every],
        "kB": [row["kilobytes"] for row in every],
    }
    drawn = Figure(figsize=(9, 0.4 * len(names) + 1), layout="constrained")
    for axis, (title, values) in zip(drawn.subplots(1, 3, sharey=True), shown.items(), strict=True):
        colours = [BLUE] * len(rows) + [GREY] * len(rivals)
        bars = axis.barh(names, [value or 0 for value in values], color=colours)
        axis.bar_label(bars, ["" if value is None else f"{value:,.4g}" for value in values], padding=3)
        axis.set_title(title, loc="left")
        axis.set_xticks([])
        axis.margins(x=0.25)
    axis.invert_yaxis()
    return drawn


def recommended(rows):
    """The name of the fastest variant that gives up hardly any accuracy; of equally fast ones (to 2 %) the smaller."""
    best = max(row["pair_accuracy"] for row in rows.values())
    good = {name: row for name, row in rows.items() if row["pair_accuracy"] >= best - GIVEN_UP}
    fastest = min(row["ms_1"] for row in good.values())
    return min(
        (name for name, row in good.items() if row["ms_1"] <= 1.02 * fastest),
        key=lambda n: good[n]["kilobytes"],
    )


def report(found):
    """The measurements as Markdown."""
    lines = [table(found["variants"] | found["others"] | found["bare"]), ""]
    for name, row in found["rivals"].items():
        box = "" if row["mean_iou"] is None else f", mean IoU {row['mean_iou']:.3f}"
        lines.append(
            f"{name}: {row['ms']:.1f} ms, {row['pair_accuracy']:.1%} at the best threshold{box} ({row['pairs']} pairs)"
        )
    lines.append("")
    for name, row in found["paired"].items():
        parts = [
            f"{what.replace('_', ' ')} {100 * v['difference']:+.2f} [{100 * v['low']:+.2f}, {100 * v['high']:+.2f}] points"
            for what, v in row.items()
            if v is not None
        ]
        lines.append(f"{name}: {', '.join(parts)}")
    own, bare = found["variants"], found["bare"]
    for name in ("int8-ptq", "int8-qat"):
        if name in own and "float32" in own:
            gain = own["float32"]["ms_1"] / own[name]["ms_1"]
            bare_gain = bare["bare float32"]["ms_1"] / bare["bare int8-ptq"]["ms_1"]
            lines.append(
                f"{name}: {gain:.2f} times as fast as float32 (the bare backbone: {bare_gain:.2f} times), "
                f"{own[name]['kilobytes'] / own['float32']['kilobytes']:.3f} of its size, "
                f"{own[name]['ms_1'] / bare['bare int8-ptq']['ms_1']:.2f} times the bare backbone's time"
            )
    lines += ["", f"Take {found['recommended']}.tflite: the fastest that gives up at most {GIVEN_UP:.1%}."]
    return "\n".join(lines) + "\n"
