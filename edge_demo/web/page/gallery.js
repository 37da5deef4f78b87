// The list of objects: rows stay, and only what changed in them is changed.

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function newRow(name, forget) {
  const row = document.createElement("li");
  const who = element("span", "who", name);
  const parts = { row, views: element("span", "views"), score: element("span", "score"), bar: element("div", "bar") };
  who.title = name;
  who.append(parts.views);
  parts.bar.append(element("b", ""), element("u", ""));
  const button = element("button", "forget", "×");
  button.setAttribute("aria-label", `Delete ${name}`);
  const usual = [element("i", "swatch"), who, parts.score, button, parts.bar];
  const sure = element("div", "sure");
  const [yes, no] = [element("button", "yes", "Delete"), element("button", "no", "Keep")];
  sure.append(element("span", "", `Delete ${name}?`), yes, no);
  button.onclick = () => {
    row.replaceChildren(sure);
    no.focus();
  };
  no.onclick = () => row.replaceChildren(...usual);
  yes.onclick = () => {
    row.replaceChildren(...usual);
    forget(name);
  };
  row.append(...usual);
  return parts;
}

/** How sure it is; of a model that tells a thing from others of its kind, also what it takes it for. */
function said({ same, match, verdict, score, kind_score }) {
  const percent = `${Math.round(100 * (match ? score : kind_score))} %`;
  return same === null ? percent : `${verdict}, ${percent}`;
}

/** Shows a list of objects in a <ul>; `forget(name)` is called when the user is sure. Gives a function of the state. */
export function gallery(list, forget) {
  const rows = new Map();
  return ({ objects, level }) => {
    for (const [name, { row }] of rows)
      if (!objects.some((known) => known.name === name)) {
        row.remove();
        rows.delete(name);
      }
    objects.forEach((known, place) => {
      if (!rows.has(known.name)) rows.set(known.name, newRow(known.name, forget));
      const { row, views, score } = rows.get(known.name);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
      row.classList.toggle("match", Boolean(known.match));
      row.classList.toggle("like", Boolean(known.like));
      row.style.setProperty("--color", known.color);
      row.style.setProperty("--score", known.score ?? 0);
      row.style.setProperty("--level", level);
      views.textContent = known.views === 1 ? "1 view" : `${known.views} views`;
      score.textContent = known.score === undefined ? "–" : said(known);
    });
  };
}
