// The connection: it comes back by itself, and asks for the token if it must.

const RETRY_MS = 1000;
const SILENCE_MS = 4000; // the server speaks every second

/** Calls an endpoint; gives its JSON, or throws an Error that has its line and status. */
export async function ask(method, path, body) {
  const options = { method };
  if (body instanceof Blob) options.body = body;
  else if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const response = await fetch(path, options).catch(() => {
    throw new Error("The program does not answer.");
  });
  const answer = await response.json().catch(() => ({ error: `Status ${response.status}.` }));
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

/** Keeps `image` live and reports: state(object), lost(), locked(). Gives a function that connects at once. */
export function connect(image, { state, lost, locked }) {
  let source = null;
  let timer = 0;
  let turn = 0; // an answer that comes after the next turn has begun is no news

  function close() {
    turn += 1;
    clearTimeout(timer);
    source?.close();
    source = null;
  }
  function retry() {
    close();
    lost();
    timer = setTimeout(open, RETRY_MS);
  }
  function heard() {
    clearTimeout(timer);
    timer = setTimeout(retry, SILENCE_MS);
  }
  async function open() {
    close();
    const mine = turn;
    const refusal = await ask("GET", "api/state").then(() => null, (error) => error);
    if (mine !== turn) return;
    if (refusal?.status === 401) return locked();
    if (refusal) return retry();
    image.src = `api/stream?${Date.now()}`; // another address, or the browser goes on with the old stream
    source = new EventSource("api/events");
    source.onerror = retry;
    source.onmessage = (event) => {
      heard();
      state(JSON.parse(event.data));
    };
    heard();
  }
  // A hidden page needs no pictures; and browsers allow six connections to one server, which hidden pages would take.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    close();
    image.removeAttribute("src");
  });
  open();
  return open;
}
