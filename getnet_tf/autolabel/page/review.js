/* The cards, and the one in large. */
const at = (id) => document.getElementById(id);
const WORDS = { true: "accepted", false: "rejected", null: "undecided" };
const latest = []; // cards, in the order in which they were decided in this visit
let current = null;

// --- Deciding

function decided(card, accepted) {
  change(card, accepted);
  if (!keep()) {
    at("kept-here").textContent =
      "This browser keeps no decisions: download them before you leave this page, and the labels take them over:";
    at("help").open = true;
  }
  mark(card);
  count();
  at("said").textContent = `${card.name} ${WORDS[accepted]}. ${at("counts").textContent}`;
}

function decide(accepted) {
  if (current === null) return;
  const card = current;
  decided(card, accepted);
  latest.push(card);
  filter(neighbour(1) ?? card);
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
  text.append(line("span", "name", card.name), line("span", "score", percent(card.score)), card.state);
  card.button.append(whole(card, [card]), text);
  card.button.addEventListener("focus", () => show(card));
  card.button.addEventListener("click", () => card.button.focus()); // not by itself in every browser
  card.item = document.createElement("li");
  card.item.append(card.button);
  at("cards").append(card.item);
  mark(card);
}

function mark(card) {
  const decision = decisionOf(card);
  card.item.dataset.decision = WORDS[decision];
  card.state.textContent = decision === null ? belief(card) : WORDS[decision];
  const words = [card.name, card.path, `score ${percent(card.score)}`, belief(card), WORDS[decision]];
  card.button.setAttribute("aria-label", words.join(", "));
  if (card === current) press();
}

function press() {
  const decision = current === null ? null : decisionOf(current);
  at("accept").setAttribute("aria-pressed", decision === true);
  at("reject").setAttribute("aria-pressed", decision === false);
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
  const boxes = [...others.map((one) => ({ box_px: one.box_px, quiet: true })), card];
  at("frames").replaceChildren(whole(card, boxes, `${card.path} with a box`));
  if (card.near) at("frames").append(drawing(card.near.area_px, card.near.uri, [card], "The box from near"));
  at("name").textContent = card.name;
  at("where").textContent = card.path;
  const facts = [`Score ${percent(card.score)}`, belief(card)];
  if (card.doubtful) facts.push("doubtful");
  if (pictures[card.picture].uri === null) facts.push("but the picture can't be read any more");
  at("score").textContent = facts.join(", ");
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
      (name !== "" && name !== `=${card.name}`) ||
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
  const made = cards.map(decisionOf).filter((decision) => decision !== null);
  const accepted = made.filter((decision) => decision).length;
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
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input")) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  const card = KEYS[event.key]();
  if (card) go(card);
});
at("accept").addEventListener("click", () => decide(true));
at("reject").addEventListener("click", () => decide(false));
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
for (const name of [...new Set(cards.map((card) => card.name))].sort()) at("class").append(new Option(name, `=${name}`));
const wide = matchMedia("(min-width: 60rem)"); // as in the style
wide.addEventListener("change", () => (at("filters").open = wide.matches));
at("filters").open = wide.matches;
cards.forEach(add);
count();
filter(cards[0]);
