// An area of a still picture, dragged with mouse or finger; taken by a corner, it is changed. Arrow keys move it, with Shift its lower right
// corner.

const GRIP_PX = 26; // around a corner, on the screen
const LEAST_PX = 8; // sides of an area, in the picture
const STEP = 0.02; // of the picture's longer side, by a key
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Lets the user choose an area of `frame` and shows it as `box`; `changed` hears of every change, `done` of Enter. */
export function chooser(frame, box, changed, done) {
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
  /* By a key: from the middle half of the picture on. */
  function stepped([x, y], resized) {
    const [width, height] = wh;
    if (!chosen) return set([width / 4, height / 4, (3 * width) / 4, (3 * height) / 4]);
    const step = STEP * Math.max(width, height);
    const [left, top, right, bottom] = chosen;
    if (resized) {
      const within = (value, least, most) => Math.min(Math.max(value, least), most);
      return set([left, top, within(right + step * x, left + LEAST_PX, width), within(bottom + step * y, top + LEAST_PX, height)]);
    }
    const across = Math.min(Math.max(step * x, -left), width - right);
    const down = Math.min(Math.max(step * y, -top), height - bottom);
    set([left + across, top + down, right + across, bottom + down]);
  }
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || frame.tabIndex < 0) return;
    if (event.key === "Enter") done();
    else if (Object.hasOwn(STEPS, event.key)) stepped(STEPS[event.key], event.shiftKey);
    else return;
    event.preventDefault();
  });
  frame.addEventListener("pointerdown", (event) => {
    if (frame.tabIndex < 0 || !event.isPrimary || event.button) return;
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
      frame.tabIndex = 0;
      frame.setAttribute("role", "application");
      frame.setAttribute("aria-label", "The area of the picture that is the thing");
      frame.focus({ preventScroll: true });
    },
    end() {
      for (const name of ["tabindex", "role", "aria-label"]) frame.removeAttribute(name);
    },
    set,
    whole: () => set([0, 0, ...wh]),
    area: () => chosen,
  };
}
