// A line at the bottom that goes by itself, perhaps with something to press.

const LINE_MS = 5000;
const ACTION_MS = 12000; // the server can undo a little longer

/** Gives a function of a line, and of the name and function of a button beside it. */
export function toaster(place) {
  let timer = 0;
  return (line, words, action) => {
    place.replaceChildren(line);
    if (words) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      button.onclick = () => {
        place.replaceChildren();
        action();
      };
      place.append(button);
      button.focus({ preventScroll: true }); // what was pressed before is gone
    }
    clearTimeout(timer);
    timer = setTimeout(() => place.replaceChildren(), words ? ACTION_MS : LINE_MS);
  };
}
