// An area of a still picture, dragged with mouse or finger; taken by a corner, it is changed.

const GRIP_PX = 26; // around a corner, on the screen
const LEAST_PX = 8; // sides of an area, in the picture

/** Lets the user choose an area of `frame` and shows it as `box`; `changed` hears of every change. */
export function chooser(frame, box, changed) {
  let wh = [1, 1];
  let chosen = null; // [xmin, ymin, xmax, ymax] in pixels of the picture
  let anchor = null; // the corner that stays while another is dragged
  let before = null;

  function place(event) {
    const area = frame.getBoundingClientRect();
    const shares = [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
    return shares.map((share, axis) => Math.min(Math.max(share, 0), 1) * wh[axis]);
  }
  function gripped([x, y]) {
    if (!chosen) return null;
    const scale = frame.clientWidth / wh[0];
    const [left, top, right, bottom] = chosen;
    for (const [cornerX, cornerY, awayX, awayY] of [[left, top, right, bottom], [right, top, left, bottom], [left, bottom, right, top], [right, bottom, left, top]])
      if (Math.hypot(x - cornerX, y - cornerY) * scale < GRIP_PX) return [awayX, awayY];
    return null;
  }
  function set(area) {
    chosen = area;
    box.hidden = !area;
    if (area) {
      const share = (value, axis) => `${(100 * value) / wh[axis]}%`;
      box.style.left = share(area[0], 0);
      box.style.top = share(area[1], 1);
      box.style.width = share(area[2] - area[0], 0);
      box.style.height = share(area[3] - area[1], 1);
    }
    changed(area);
  }
  function move(event) {
    if (!anchor) return;
    const [x, y] = place(event);
    set([Math.min(anchor[0], x), Math.min(anchor[1], y), Math.max(anchor[0], x), Math.max(anchor[1], y)]);
  }
  function end(event) {
    if (!anchor) return;
    move(event);
    anchor = null;
    if (Math.min(chosen[2] - chosen[0], chosen[3] - chosen[1]) < LEAST_PX) set(before); // a tap, no drag
  }
  frame.addEventListener("pointerdown", (event) => {
    if (document.body.dataset.mode !== "teach" || !event.isPrimary || event.button) return;
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    before = chosen;
    anchor = gripped(place(event)) ?? place(event);
  });
  frame.addEventListener("pointermove", move);
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", () => {
    if (anchor) set(before);
    anchor = null;
  });
  return {
    /** Begins with a picture of [width, height] pixels and an area of it, or null. */
    begin(pictureWh, area) {
      wh = pictureWh;
      set(area);
    },
    set,
    whole: () => set([0, 0, ...wh]),
    area: () => chosen,
  };
}

/** A picture file that the server takes: JPEG, upright, at most `side` pixels wide and high. */
export async function prepared(file, side = 1920) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: the browser can't read this as a picture. Choose another.`);
  });
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
}
