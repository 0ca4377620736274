// The kiosk. It shows what the gate tells, and keeps nothing of it.

const LOST_MS = 6000; // Thrice the server's beat.
const RETRY_MS = 2000;
const STEADY_MS = 900; // Guidance that changes faster cannot be read.
const HOME_MS = 30000; // Then the next person finds the kiosk as it was.
const DIALOG_MS = 60000;

const page = document.body;
const part = (name) => document.getElementById(name);
const words = { title: part("title"), text: part("text") };
const canvas = part("canvas");
const language = document.documentElement.lang;

let shown = null;
let countdown = null;
let mirror = null;

// --- words and pictures

const changed = { at: 0, timer: null };

function say(view) {
  clearTimeout(changed.timer);
  const steady = shown && shown.turn === view.turn && shown.kind === view.kind;
  const wait = steady ? changed.at + STEADY_MS - performance.now() : 0;
  if (wait > 0) {
    changed.timer = setTimeout(() => say(view), wait);
    return;
  }
  if (words.title.textContent !== view.title || words.text.textContent !== view.text) {
    changed.at = performance.now();
    words.title.textContent = view.title;
    words.text.textContent = view.text;
  }
}

function draw(view) {
  const reflecting = view.kind === "look" || view.kind === "move";
  part("pictogram").querySelector("use").setAttribute("href", picture(view.kind));
  part("hint").querySelector("use").setAttribute("href", picture(view.shape));
  part("hint").toggleAttribute("hidden", view.kind !== "move");
  part("mirror").toggleAttribute("hidden", !(reflecting && mirror && mirror.alive));
  part("pictogram").toggleAttribute("hidden", Boolean(reflecting && mirror && mirror.alive));
}

const picture = (name) => `/static/pictograms.svg#${name}`;

function show(view) {
  if (view.leadsTo) {
    location.assign(`${view.leadsTo}?language=${language}`);
    return;
  }
  page.dataset.kind = view.kind;
  page.dataset.turn = view.turn;
  say(view);
  help(view);
  if (!shown || shown.turn !== view.turn || shown.kind !== view.kind) {
    cue(view.kind);
    count(view);
    if (view.kind !== "idle") part("faceless").close();
  }
  receipt(view.receipt ?? null);
  reflect(view);
  draw(view);
  shown = view;
  rest(view.kind);
}

// --- the countdown

function count(view) {
  clearInterval(countdown);
  const counts = view.left !== null;
  part("ring").toggleAttribute("hidden", !counts);
  part("seconds").toggleAttribute("hidden", !counts);
  if (!counts) return;
  const end = performance.now() + view.left * 1000;
  const tick = () => {
    const left = Math.max(0, (end - performance.now()) / 1000);
    part("seconds").textContent = new Intl.NumberFormat(language).format(Math.ceil(left));
    part("rest").style.strokeDashoffset = String(100 - (100 * left) / view.seconds);
    if (left === 0) clearInterval(countdown);
  };
  tick();
  countdown = setInterval(tick, 200);
}

// --- the mirror: drawn, never kept

function reflect(view) {
  const wanted = view.kind === "look" || view.kind === "move";
  if (!wanted) {
    if (mirror) mirror.stop.abort();
    mirror = null;
    forget();
  } else if (view.mirror && (!mirror || !mirror.running)) {
    mirror = { token: view.mirror, stop: new AbortController(), running: true, alive: false };
    look(mirror);
  }
}

async function look(own) {
  try {
    const answer = await fetch(`/kiosk/mirror/${own.token}`, { signal: own.stop.signal, cache: "no-store" });
    if (answer.ok) await receive(answer.body.getReader(), own);
  } catch {
    // The face is awaited no more, or the network broke: the page goes on without.
  } finally {
    own.running = own.alive = false;
    if (mirror === own) forget();
    // Another face may be awaited already, with a way into the mirror of its own.
    if (mirror === own && shown.mirror !== own.token) reflect(shown);
  }
}

async function receive(reader, own) {
  let held = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const joined = new Uint8Array(held.length + value.length);
    joined.set(held);
    joined.set(value, held.length);
    held.fill(0);
    held = joined;
    while (held.length >= 4) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(0);
      if (held.length < 4 + length) break;
      await paint(held.subarray(4, 4 + length), own);
      const rest = held.slice(4 + length);
      held.fill(0);
      held = rest;
    }
  }
}

async function paint(jpeg, own) {
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  if (mirror === own && !own.stop.signal.aborted) {
    const side = Math.min(bitmap.width, bitmap.height);
    const left = (bitmap.width - side) / 2;
    const pen = canvas.getContext("2d");
    pen.setTransform(-1, 0, 0, 1, canvas.width, 0); // As a mirror shows it.
    pen.drawImage(bitmap, left, 0, side, side, 0, 0, canvas.width, canvas.height);
    if (!own.alive) {
      own.alive = true;
      if (shown) draw(shown);
    }
  }
  bitmap.close();
}

function forget() {
  canvas.width = canvas.width; // Clears every pixel.
  part("mirror").hidden = true;
  part("pictogram").removeAttribute("hidden");
}

// --- sound

const CUES = {
  look: [[660, 0, 0.12]],
  move: [[660, 0, 0.08], [660, 0.12, 0.08]],
  granted: [[523, 0, 0.14], [784, 0.14, 0.28]],
  refused: [[330, 0, 0.18], [247, 0.2, 0.32]],
  referred: [[440, 0, 0.2], [440, 0.26, 0.2]],
  attendant: [[440, 0, 0.2], [440, 0.26, 0.2]],
  closed: [[247, 0, 0.3]],
};

let audio = null;

function cue(kind) {
  const notes = CUES[kind];
  if (!notes || part("sound").getAttribute("aria-pressed") !== "true") return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") {
    audio.resume(); // Until somebody touches the page, a browser may keep it silent.
    return;
  }
  for (const [hertz, after, length] of notes) {
    const tone = new OscillatorNode(audio, { frequency: hertz, type: "sine" });
    const level = new GainNode(audio, { gain: 0 });
    const from = audio.currentTime + after;
    level.gain.linearRampToValueAtTime(0.25, from + 0.02);
    level.gain.linearRampToValueAtTime(0, from + length);
    tone.connect(level).connect(audio.destination);
    tone.start(from);
    tone.stop(from + length);
  }
}

part("sound").addEventListener("click", ({ currentTarget }) => {
  const on = currentTarget.getAttribute("aria-pressed") !== "true";
  currentTarget.setAttribute("aria-pressed", String(on));
  if (on) cue("look");
});

// --- the attendant, and the way without a face

function help(view) {
  page.dataset.help = view.help;
  for (const button of document.querySelectorAll("[data-calls]")) {
    // Not `disabled`, which would take the focus from whoever has just pressed it.
    button.setAttribute("aria-disabled", String(view.help !== "not-called"));
    button.querySelector("span").textContent = view.helpText;
  }
  const told = part("help-told");
  const said = view.help === "not-called" ? "" : view.helpText;
  if (told.textContent !== said) told.textContent = said;
}

function call() {
  fetch("/kiosk/help", { method: "POST", body: "" }).catch(() => {});
}

for (const button of document.querySelectorAll("[data-calls]")) button.addEventListener("click", call);

addEventListener("keydown", (event) => {
  if (event.key === "F1") {
    event.preventDefault();
    call();
  }
});

let dialogTimer = null;

part("without").addEventListener("click", () => {
  part("faceless").showModal();
  clearTimeout(dialogTimer);
  dialogTimer = setTimeout(() => part("faceless").close(), DIALOG_MS);
});

part("faceless-close").addEventListener("click", () => part("faceless").close());

// --- a receipt of an opening by hand

let given = null;

function receipt(number) {
  if (number === given) return;
  given = number;
  const code = part("receipt-code");
  if (number) {
    part("faceless").close();
    code.src = `/kiosk/receipt/${number}`;
    if (!part("receipt").open) part("receipt").showModal();
  } else {
    part("receipt").close();
    code.removeAttribute("src");
  }
}

function taken() {
  if (given) fetch(`/kiosk/receipt/${given}/taken`, { method: "POST", body: "" }).catch(() => {});
}

part("receipt-taken").addEventListener("click", taken);
part("receipt").addEventListener("cancel", taken);

// --- back to how it was

let homeTimer = null;

function rest(kind) {
  clearTimeout(homeTimer);
  if (kind === "idle" && language !== page.dataset.home) {
    homeTimer = setTimeout(() => location.replace("/kiosk"), HOME_MS);
  }
}

// --- hearing the gate

let lostTimer = null;
let source = null;

function heard() {
  clearTimeout(lostTimer);
  lostTimer = setTimeout(lost, LOST_MS);
}

function lost() {
  show({ kind: "closed", shape: "closed", title: page.dataset.lostTitle, text: page.dataset.lost,
    seconds: null, left: null, turn: -1, mirror: null, help: page.dataset.help,
    helpText: part("help").querySelector("span").textContent });
  // A network that was cut says nothing: whoever waits for it waits for minutes.
  lostTimer = setTimeout(lost, LOST_MS);
  listen();
}

function listen() {
  if (source) source.close();
  source = new EventSource(`/kiosk/events?language=${language}`);
  source.addEventListener("message", (event) => {
    heard();
    show(JSON.parse(event.data));
  });
  source.addEventListener("beat", heard);
  source.addEventListener("error", () => {
    // Refused, not only broken off: browsers do not try that again by themselves.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
}

heard();
listen();
