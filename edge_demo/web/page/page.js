// The page: what is shown when, and what the buttons do.

import { gallery } from "./gallery.js";
import { ask, connect } from "./live.js";
import { chooser, prepared } from "./teach.js";

const at = (id) => document.getElementById(id);
const mode = (name) => (document.body.dataset.mode = name);
const is = (name) => document.body.dataset.mode === name;
let shown = { objects: [], level: 0.5 }; // the newest state
let held = null; // the picture of which an area is chosen
let toastTimer = 0;

function toast(line) {
  at("toast").textContent = line;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (at("toast").textContent = ""), 4000);
}

// Live picture and numbers.
const list = gallery(at("objects"), (name) =>
  ask("DELETE", `api/objects/${encodeURIComponent(name)}`).then(({ notice }) => toast(notice), (error) => toast(error.message)),
);

function show(state) {
  shown = state;
  if (!is("teach")) {
    mode("live");
    if (state.frame_wh) at("frame").style.setProperty("--ratio", state.frame_wh[0] / state.frame_wh[1]);
    at("notice").textContent = state.notice;
  }
  const pace = state.fps ? `live · ${state.fps.toFixed(1)} frames/s` : "live";
  at("status-text").textContent = state.notice ? "camera lost" : pace;
  at("count").textContent = state.objects.length || "";
  at("empty").hidden = state.objects.length > 0;
  at("fleeting").hidden = state.kept || !state.objects.length;
  if (wanted === null && !sliding) slider(state.level);
  at("outlining").hidden = state.outlines === null;
  if (!switching) at("outlines").checked = state.outlines;
  list({ ...state, level: at("level").value / 100 });
}

const open = connect(at("live"), {
  state: show,
  lost() {
    at("status-text").textContent = "reconnecting";
    if (is("teach")) return;
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
    toast(error.message);
  }
  wanted = null;
};
at("level").onpointerdown = () => (sliding = true);
at("level").onpointerup = at("level").onpointercancel = () => (sliding = false);

// Outlines instead of boxes, where the model has some. What comes of the server before it has heard of the switch is no news.
let switching = false;

at("outlines").onchange = async () => {
  switching = true;
  try {
    await ask("PUT", "api/outlines", { outlines: at("outlines").checked });
  } catch (error) {
    toast(error.message);
  }
  switching = false;
};

// Teaching: a held picture, an area of it, a name.
const choice = chooser(at("frame"), at("box"), (area) => (at("keep").disabled = !area));

async function teach(picture) {
  try {
    held = await ask("POST", "api/pictures", await picture);
  } catch (error) {
    return toast(error.message);
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
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.onclick = () => (at("name").value = name);
      return button;
    }),
  );
  choice.begin(held.frame_wh, null);
  if (picture) choice.whole();
  mode("teach");
}
function back() {
  held = null;
  at("still").removeAttribute("src");
  mode("live");
}
at("freeze").onclick = () => teach();
at("upload").onchange = () => {
  const [file] = at("upload").files;
  at("upload").value = "";
  if (file) prepared(file).then(teach, (error) => toast(error.message));
};
at("proposed").onclick = () => choice.set(held.proposed_px);
at("whole").onclick = () => choice.whole();
at("cancel").onclick = back;
document.addEventListener("keydown", (event) => event.key === "Escape" && is("teach") && back());
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
