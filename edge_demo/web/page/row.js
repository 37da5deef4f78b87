// A row of the list: one thing, its picture, and what can be done with it.

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A name that stays by itself in whatever is written round it, from right to left, too. */
export function named(name) {
  return element("bdi", "", name);
}

function button(className, text, words) {
  const made = element("button", className, text);
  made.type = "button";
  if (words) made.setAttribute("aria-label", words);
  return made;
}

/** How sure it is; of a model that tells a thing from others of its kind, also what it takes it for. */
function said({ same, match, verdict, score, kind_score }) {
  if (score === undefined) return "–";
  const percent = `${Math.round(100 * (match ? score : kind_score))} %`;
  return same === null ? percent : `${verdict}, ${percent}`;
}

function counted(count, word) {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

/** A <li> of a thing; `does` has forget(name), rename(name, other), unlike(name). Gives it and a function of what is known of the thing. */
export function newRow(name, does) {
  const row = element("li", "");
  const portrait = element("img", "portrait");
  Object.assign(portrait, { alt: "", loading: "lazy", src: `api/objects/${encodeURIComponent(name)}/picture?${Date.now()}` });
  const who = button("who", "", `${name}: give it another name`);
  who.title = name;
  who.append(named(name));
  const [score, more] = [element("span", "score"), element("span", "views")];
  const facts = element("p", "facts");
  facts.append(score, " · ", more);
  const bar = element("div", "bar");
  bar.append(element("b", ""), element("u", ""));
  const forget = button("forget", "×", `Delete ${name}`);
  const unlike = button("unlike", "Not this one", `Not this one: what is taken for ${name} is another`);
  const told = element("div", "");
  told.append(facts, bar);
  const usual = [portrait, who, forget, told, unlike];

  const form = element("form", "renaming");
  const input = element("input", "");
  Object.assign(input, { maxLength: 80, dir: "auto", autocomplete: "off" });
  input.setAttribute("aria-label", `Another name for ${name}`);
  form.append(input, button("", "Cancel"));
  const back = () => {
    if (!form.isConnected) return;
    row.replaceChildren(...usual);
    who.focus();
  };
  who.onclick = () => {
    input.value = name;
    row.replaceChildren(portrait, form);
    input.select();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const other = input.value.trim();
    back();
    if (other && other !== name) does.rename(name, other);
  };
  form.lastChild.onclick = back;
  form.onkeydown = (event) => {
    if (event.key === "Escape") back();
  };
  forget.onclick = () => does.forget(name);
  unlike.onclick = () => does.unlike(name);
  row.append(...usual);

  function show(known, level) {
    row.classList.toggle("match", Boolean(known.match));
    row.classList.toggle("like", Boolean(known.like));
    for (const [property, value] of Object.entries({ color: known.color, score: known.score ?? 0, level })) row.style.setProperty(`--${property}`, value);
    score.textContent = said(known);
    more.textContent = counted(known.views, "view") + (known.unlike ? `, ${counted(known.unlike, "counter-example")}` : "");
    unlike.hidden = !known.match || known.unlike === undefined; // older programs know no counter-examples
  }
  return { row, show };
}
