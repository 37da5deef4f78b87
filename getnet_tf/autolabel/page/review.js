/* The cards, and the one in large. */
const at = (id) => document.getElementById(id);
const NAMES = Object.keys(references).sort();
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const latest = []; // cards, in the order in which they were decided in this visit
let current = null;

// --- Deciding

/* "accepted", "rejected" or "undecided": what a card is. */
function stateOf(made) {
  if (made === null) return "undecided";
  return made.accepted ? "accepted" : "rejected";
}

function inWords(made) {
  if (made?.like) return "rejected, another of its kind";
  return made !== null && (made.called ?? made.corrected_px) !== null ? "accepted, changed" : stateOf(made);
}

function decided(card, made) {
  change(card, made);
  if (!keep()) {
    at("kept-here").textContent =
      "This browser keeps no decisions: download them before you leave this page, and the labels take them over:";
    at("help").open = true;
  }
  mark(card);
  count();
  at("said").textContent = `${nameOf(card)} ${inWords(made)}. ${at("counts").textContent}`;
}

function decide(accepted, like = false) {
  if (current === null) return;
  const card = current;
  const before = decisionOf(card);
  decided(card, accepted ? decision(true, false, before?.called ?? null, before?.corrected_px ?? null) : decision(false, like));
  latest.push(card);
  filter(neighbour(1) ?? card);
}

/* Another class or box: so it is accepted, and stays to be looked at. */
function correct(called, corrected_px) {
  const card = current;
  const same = JSON.stringify(corrected_px) === JSON.stringify(card.box_px);
  decided(card, decision(true, false, called === card.name ? null : called, same ? null : corrected_px));
  latest.push(card);
  show(card);
}

function step(key, lowerRight) {
  const box = stepped(current, STEPS[key], lowerRight);
  if (box) correct(nameOf(current), box);
}

/* Of this card, or else the latest decision that still stands. */
function undo() {
  const stands = (card) => card !== null && decisionOf(card) !== null;
  const card = stands(current) ? current : latest.findLast(stands);
  if (!card) return;
  decided(card, null);
  filter(card);
}

// --- Cards

function percent(score) {
  return `${Math.round(100 * score)} %`;
}

function belief(card) {
  return card.kept ? "label" : "not believed";
}

function add(card) {
  card.button = document.createElement("button");
  card.button.type = "button";
  card.button.tabIndex = -1;
  card.state = line("span", "state", "");
  const text = line("span", "text", "");
  card.title = line("span", "name", card.name);
  card.more = line("span", "unseen", "");
  text.append(card.title, line("span", "score", percent(card.score)), card.state, card.more);
  card.button.append(whole(card, [card]), text);
  card.button.addEventListener("focus", () => show(card));
  card.button.addEventListener("click", () => card.button.focus()); // not by itself in every browser
  card.item = document.createElement("li");
  card.item.append(card.button);
  at("cards").append(card.item);
  mark(card);
}

function mark(card) {
  const made = decisionOf(card);
  card.item.dataset.decision = stateOf(made);
  card.state.textContent = made === null ? belief(card) : inWords(made);
  card.title.textContent = nameOf(card);
  card.button.firstChild.replaceWith(whole(card, [{ box_px: boxOf(card) }]));
  card.more.textContent = `, ${made === null ? "undecided" : belief(card)}, ${card.path}`;
  if (card === current) press();
}

function press() {
  const made = current === null ? null : decisionOf(current);
  at("accept").setAttribute("aria-pressed", made?.accepted === true);
  at("reject").setAttribute("aria-pressed", made?.accepted === false && !made.like);
  at("like").setAttribute("aria-pressed", made?.like === true);
  if (current !== null) at("called").value = nameOf(current);
}

/* Shows a card in large; null: none. */
function show(card) {
  if (current !== null) {
    current.button.tabIndex = -1;
    current.button.removeAttribute("aria-current");
  }
  current = card;
  at("view").hidden = card === null;
  press();
  if (card === null) return;
  card.button.tabIndex = 0;
  card.button.setAttribute("aria-current", "true");
  const others = cards.filter((one) => one.picture === card.picture && one !== card);
  const own = { box_px: boxOf(card) };
  const boxes = [...others.map((one) => ({ box_px: boxOf(one), quiet: true })), own];
  const picture = whole(card, boxes, `${card.path} with a box`);
  draggable(picture, card, (box) => correct(nameOf(card), box));
  at("frames").replaceChildren(picture);
  if (card.near) at("frames").append(drawing(card.near.area_px, card.near.uri, [own], "The box from near"));
  at("references").replaceChildren(...(references[nameOf(card)] ?? []).map((uri, place) => reference(nameOf(card), uri, place)));
  at("name").textContent = nameOf(card);
  at("where").textContent = card.path;
  const facts = [`Score ${percent(card.score)}`, belief(card)];
  if (card.doubtful) facts.push("doubtful");
  if (pictures[card.picture].uri === null) facts.push("but the picture can't be read any more");
  at("score").textContent = facts.join(", ");
}

function reference(name, uri, place) {
  const image = line("img", "", "");
  Object.assign(image, { src: uri, alt: `${name}, as it was shown${place ? `, view ${place + 1}` : ""}` });
  return image;
}

// --- Moving

function go(card) {
  // Who works with the buttons stays there.
  if (!document.activeElement?.closest("header, #view")) card.button.focus({ preventScroll: true });
  if (current !== card) show(card);
  card.item.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function shown() {
  return cards.filter((card) => !card.item.hidden);
}

function neighbour(step) {
  const all = shown();
  return all[all.indexOf(current) + step] ?? null;
}

function below(step) {
  if (current === null) return null;
  const column = current.item.offsetLeft;
  const all = shown();
  for (let i = all.indexOf(current) + step; i in all; i += step) {
    if (all[i].item.offsetLeft === column && all[i].item.offsetTop !== current.item.offsetTop) return all[i];
  }
  return null;
}

/* Hides what the filters leave out, and goes to a card, or to the first one after it that is left. */
function filter(wanted) {
  const [name, kept] = [at("class").value, at("kept").value];
  const [doubtful, undecided] = [at("doubtful").checked, at("undecided").checked];
  for (const card of cards) {
    card.item.hidden =
      (name !== "" && name !== `=${nameOf(card)}`) ||
      (kept !== "" && (kept === "yes") !== card.kept) ||
      (doubtful && !card.doubtful) ||
      (undecided && decisionOf(card) !== null);
  }
  const all = shown();
  at("matching").textContent = `${all.length} of ${cards.length} shown`;
  at("empty").hidden = all.length > 0;
  at("empty").textContent = cards.length ? "No candidate is like this. Change the filters." : "There are no candidates.";
  const next = all.find((card) => card.place >= (wanted?.place ?? 0)) ?? all.at(-1);
  if (next) go(next);
  else show(null);
}

function count() {
  const made = cards.map(decisionOf).filter((one) => one !== null);
  const accepted = made.filter((one) => one.accepted).length;
  let text = `${made.length} of ${cards.length} decided: ${accepted} accepted, ${made.length - accepted} rejected.`;
  const left = total - cards.length;
  if (left) text += ` The ${left} least doubtful are not on this page (--review ${total} shows all).`;
  at("counts").textContent = text;
  at("progress").max = Math.max(1, cards.length);
  at("progress").value = made.length;
  at("download").disabled = changes.size === 0;
}

const KEYS = {
  a: () => decide(true),
  x: () => decide(false),
  n: () => decide(false, true),
  c: () => at("called").focus(),
  u: undo,
  j: () => neighbour(1),
  k: () => neighbour(-1),
  ArrowRight: () => neighbour(1),
  ArrowLeft: () => neighbour(-1),
  ArrowDown: () => below(1),
  ArrowUp: () => below(-1),
  Home: () => shown()[0],
  End: () => shown().at(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.target.closest("select, input")) return;
  if (Object.hasOwn(STEPS, event.key) && event.shiftKey !== event.ctrlKey && current !== null) {
    event.preventDefault();
    return step(event.key, event.shiftKey);
  }
  if (event.ctrlKey) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  const card = KEYS[event.key]();
  if (card) go(card);
});
at("accept").addEventListener("click", () => decide(true));
at("reject").addEventListener("click", () => decide(false));
at("like").addEventListener("click", () => decide(false, true));
at("called").addEventListener("change", () => correct(at("called").value, boxOf(current)));
at("called").addEventListener("keydown", (event) => {
  if (event.key === "Escape") current.button.focus();
});
at("undo").addEventListener("click", undo);
at("download").addEventListener("click", download);
for (const id of ["class", "kept", "doubtful", "undecided"]) at(id).addEventListener("change", () => filter(current));
addEventListener("storage", () => {
  changes = recalled(); // decided in another tab
  cards.forEach(mark);
  count();
});

// --- Beginning

// "=" so that a class without a name is not "all".
for (const name of NAMES) {
  at("class").append(new Option(name, `=${name}`));
  at("called").append(new Option(name, name));
}
const wide = matchMedia("(min-width: 60rem)"); // as in the style
wide.addEventListener("change", () => (at("filters").open = wide.matches));
at("filters").open = wide.matches;
cards.forEach(add);
count();
filter(cards[0]);
