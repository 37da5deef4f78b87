// The page: what is shown when, and what the buttons do.

import { chooser } from "./area.js";
import { lends, viewfinder } from "./device.js";
import { gallery } from "./gallery.js";
import { labels } from "./labels.js";
import { ask, connect } from "./live.js";
import { prepared } from "./picture.js";
import { named } from "./row.js";
import { timeline } from "./timeline.js";
import { toaster } from "./toast.js";

const SLOW_MS = 200; // for a frame: below five a second a box visibly trails what moves

const at = (id) => document.getElementById(id);
const mode = (name) => (document.body.dataset.mode = name);
const is = (name) => document.body.dataset.mode === name;
let shown = { objects: [], level: 0.5 }; // the newest state
let held = null; // the picture of which an area is chosen
const toast = toaster(at("toast"));
const failed = (error) => toast(error.message);

// Live picture and numbers.
const path = (name, rest = "") => `api/objects/${encodeURIComponent(name)}${rest}`;
const told = ({ notice }) => toast(notice);
const [list, focusOn] = gallery(
  { found: at("found"), absent: at("absent") },
  {
    rename: (name, other) => (focusOn(other), ask("PUT", path(name), { name: other }).then(told, failed)),
    unlike: (name) => ask("POST", path(name, "/not-this"), {}).then(told, failed),
    forget: (name) =>
      ask("DELETE", path(name)).then(({ notice }) => toast(notice, "Undo", () => (focusOn(name), ask("POST", "api/undo", {}).then(told, failed))), failed),
  },
);
const label = labels(at("labels"));
const lately = timeline(at("timeline"), at("sightings"), (_sighting, source, words) => {
  Object.assign(at("large-picture"), { src: source, alt: words });
  at("large-text").textContent = words;
  at("large").showModal();
});

function pace({ camera, fps, latency_ms, objects }) {
  if (camera !== "live") return camera === "lost" ? "camera lost" : "no camera";
  const rate = fps ? `${fps.toFixed(1)} frames/s` : "";
  const slow = `slow: ${objects.length === 1 ? "1 thing" : `${objects.length} things`}`;
  return [latency_ms > SLOW_MS ? slow : "live", rate].filter(Boolean).join(" · ");
}

function show(state) {
  shown = state;
  const { objects, camera } = state;
  document.body.dataset.camera = camera;
  if (!is("teach") && !is("shoot")) {
    mode("live");
    if (state.frame_wh) at("frame").style.setProperty("--ratio", state.frame_wh[0] / state.frame_wh[1]);
    at("notice").textContent = state.notice;
    label(state);
  }
  at("status-text").textContent = pace(state);
  at("gallery").hidden = !objects.length;
  at("steps").hidden = objects.length > 0;
  if (wanted === null && !sliding) slider(state.level);
  at("outlining").hidden = state.outlines === null;
  if (!switching) {
    at("outlines").checked = state.outlines;
    at("candidates").checked = state.candidates;
  }
  const found = list({ ...state, level: at("level").value / 100 });
  const others = objects.length - found;
  at("gallery-title").textContent = camera === "live" ? `Found ${found} of ${objects.length}` : `Things: ${objects.length}`;
  at("none-found").hidden = found > 0;
  at("candidates").parentNode.hidden = !others;
  at("others").textContent = `What is not there, too (${others})`;
  at("absent").hidden = !state.candidates;
  at("fleeting").hidden = state.kept || !objects.length;
  lately(state);
}

const open = connect(at("live"), {
  state: show,
  lost() {
    at("status-text").textContent = "reconnecting";
    if (is("teach") || is("shoot")) return;
    mode("lost");
    at("notice").textContent = "Reconnecting …";
  },
  locked() {
    mode("login");
    at("token").focus();
  },
});

at("login").onsubmit = async (event) => {
  event.preventDefault();
  at("login-error").textContent = "";
  try {
    await ask("POST", "api/login", { token: at("token").value });
    at("token").value = "";
    mode("start");
    open();
  } catch (error) {
    at("login-error").textContent = error.status === 401 ? "That is not the token." : error.message;
    at("token").select();
  }
};

// The threshold acts while it moves: one request at a time, and the newest value always arrives.
let wanted = null;
let sliding = false;

function slider(level) {
  at("level").value = Math.round(100 * level);
  at("level-text").textContent = `${at("level").value} %`;
}
at("level").oninput = async () => {
  slider(at("level").value / 100);
  const busy = wanted !== null;
  wanted = at("level").value / 100;
  if (busy) return;
  try {
    for (let sent = null; sent !== wanted; ) await ask("PUT", "api/level", { level: (sent = wanted) });
  } catch (error) {
    failed(error);
  }
  wanted = null;
};
at("level").onpointerdown = () => (sliding = true);
at("level").onpointerup = at("level").onpointercancel = () => (sliding = false);

// Outlines instead of boxes, where the model has some; what is no match, too. What comes of the server before it has heard of a switch is
// no news.
let switching = false;

for (const name of ["outlines", "candidates"])
  at(name).onchange = async () => {
    switching = true;
    await ask("PUT", `api/${name}`, { [name]: at(name).checked }).catch(failed);
    switching = false;
  };

// Teaching: a held picture, an area of it, a name.
const choice = chooser(at("frame"), at("box"), chose, () => at("name").focus());

function chose(area) {
  at("keep").disabled = !area;
  const [left, top, right, bottom] = (area ?? []).map(Math.round);
  at("area-said").textContent = area ? `From ${left}, ${top} to ${right}, ${bottom}` : "";
}

async function teach(picture) {
  try {
    held = await ask("POST", "api/pictures", await picture);
  } catch (error) {
    if (is("shoot")) mode("live");
    return failed(error);
  }
  at("still").src = `api/pictures/${held.picture}`;
  at("frame").style.setProperty("--ratio", held.frame_wh[0] / held.frame_wh[1]);
  at("notice").textContent = at("teach-error").textContent = "";
  at("name").value = "";
  at("name").placeholder = held.name;
  at("proposed").hidden = !held.proposed_px;
  at("known").replaceChildren(
    ...(shown.objects.length ? ["or one more view of"] : []),
    ...shown.objects.map(({ name }) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.append(named(name));
      button.onclick = () => (at("name").value = name);
      return button;
    }),
  );
  mode("teach");
  choice.begin(held.frame_wh, null);
  if (picture) choice.whole();
}
function back() {
  held = null;
  choice.end();
  at("still").removeAttribute("src");
  mode("live");
  show(shown);
  (at("freeze").checkVisibility() ? at("freeze") : at("upload")).focus();
}
at("freeze").onclick = () => teach();
for (const name of ["upload", "capture"])
  at(name).onchange = () => {
    const [file] = at(name).files;
    at(name).value = "";
    if (file) prepared(file).then(teach, failed);
  };

// A picture by this device's camera; where the browser doesn't lend it, a phone's own program takes one.
const finder = viewfinder(at("viewfinder"));

at("device").hidden = !lends;
at("capture").parentNode.hidden = lends || !matchMedia("(pointer: coarse)").matches;
at("device").onclick = async () => {
  try {
    const [width, height] = await finder.begin();
    at("frame").style.setProperty("--ratio", width / height);
    at("notice").textContent = "";
    mode("shoot");
    at("shoot").focus();
  } catch (error) {
    failed(error);
  }
};
at("shoot").onclick = () => teach(finder.taken());
at("no-shot").onclick = away;
function away() {
  finder.end();
  mode("live");
  show(shown);
  at("device").focus();
}
at("proposed").onclick = () => choice.set(held.proposed_px);
at("whole").onclick = () => choice.whole();
at("cancel").onclick = back;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (is("teach")) back();
  else if (is("shoot")) away();
});
at("teach").onsubmit = async (event) => {
  event.preventDefault();
  at("teach-error").textContent = "";
  at("keep").disabled = true;
  try {
    const name = at("name").value.trim() || held.name;
    const { notice } = await ask("POST", "api/objects", { name, picture: held.picture, box_px: choice.area() });
    toast(notice);
    back();
  } catch (error) {
    at("teach-error").textContent = error.message;
    at("keep").disabled = !choice.area();
  }
};
