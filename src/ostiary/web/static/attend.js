// The attendants' page. It shows what its gate sends, and sends the forms that stand in
// it without leaving the page. It keeps nothing but whether it may be heard.

const LOST_MS = 5000; // Five of the server's beats.
const RETRY_MS = 2000;
const USED_MS = 30000; // The gate need not know of every key.
const TICK_MS = 500;
const SAID_MS = 15000;

const main = document.getElementById("main");
const lost = document.getElementById("lost");
const told = document.getElementById("told");
const said = document.getElementById("said");
const sound = document.getElementById("sound");
const query = new URLSearchParams(location.search);
const language = document.documentElement.lang;
const about = `?language=${encodeURIComponent(language)}`;

let known = new Set(names());
let arrived = performance.now();
let heard = performance.now();
let used = performance.now();
let stream = null;
let audio = null;
let saying = null;

// What was said to the last form is said once, and not again after a reload.
if (query.has("said")) history.replaceState(null, "", `/attend${about}`);
if (said.textContent) say(said.textContent);

function names() {
  return [...main.querySelectorAll("[data-new]")].map((each) => each.id);
}

// --- what the gate sends

function listen() {
  if (stream) stream.close();
  stream = new EventSource(`/attend/events${about}`);
  stream.onopen = alive;
  stream.onmessage = (event) => {
    alive();
    show(event.data);
  };
  stream.addEventListener("beat", alive);
  stream.addEventListener("ended", () => location.replace(`/attend${about}`));
}

function alive() {
  heard = performance.now();
  lost.hidden = true;
  document.body.classList.remove("old");
}

function show(html) {
  const held = main.contains(document.activeElement);
  const sent = document.createElement("template");
  sent.innerHTML = html;
  renew(main, sent.content);
  // Whoever held a button that is gone goes on at the head of what waits.
  if (held && !main.contains(document.activeElement)) {
    document.getElementById("waiting-title").focus({ preventScroll: true });
  }
  arrived = performance.now();
  tell();
  tick();
}

// What did not change stays: nothing is pulled from under a finger or a reader.
function renew(old, sent) {
  const kept = new Map([...old.children].map((each) => [each.id, each]));
  let place = old.firstChild;
  for (const next of [...sent.childNodes]) {
    const same = next.id ? kept.get(next.id) : alike(place, next) ? place : null;
    if (!same) {
      old.insertBefore(next, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else old.insertBefore(same, place);
    if (same.nodeType === Node.TEXT_NODE) same.data = next.data;
    else {
      mark(same, next);
      renew(same, next);
    }
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

function alike(place, next) {
  return place && !place.id && place.nodeName === next.nodeName;
}

function mark(old, sent) {
  for (const { name } of [...old.attributes]) {
    if (!sent.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of [...sent.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function tell() {
  const now = names();
  const fresh = now.filter((id) => !known.has(id));
  known = new Set(now);
  if (fresh.length === 0) return;
  told.textContent = fresh.map((id) => document.getElementById(id).dataset.new).join(". ");
  ring();
}

// --- time

function tick() {
  const passed = (performance.now() - arrived) / 1000;
  for (const each of main.querySelectorAll("[data-waited]")) {
    clock(each, Number(each.dataset.waited) + passed);
  }
  for (const each of main.querySelectorAll("[data-left]")) {
    clock(each, Math.max(0, Number(each.dataset.left) - passed));
  }
  if (performance.now() - heard > LOST_MS) {
    lost.hidden = false;
    document.body.classList.add("old");
  }
}

function clock(place, seconds) {
  place.querySelector(".clock").textContent = String(Math.floor(seconds));
}

// A stream that ended for good is asked for again; one that is silent is, too.
setInterval(() => {
  const silent = performance.now() - heard > LOST_MS;
  if (stream.readyState === EventSource.CLOSED || silent) check();
}, RETRY_MS);
setInterval(tick, TICK_MS);

async function check() {
  try {
    const answer = await fetch(`/attend${about}`, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("main")) location.replace(`/attend${about}`);
    else if (page.body.dataset.csrf !== document.body.dataset.csrf) location.reload();
    else listen();
  } catch {
    // Still lost; it is tried again.
  }
}

// --- what the attendant does

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!main.contains(form)) return;
  event.preventDefault();
  used = performance.now();
  send(form);
});

async function send(form) {
  for (const each of form.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // What is to be seen comes by the stream, which may be newer than this answer.
    const came = page.getElementById("said");
    if (came) say(came.textContent);
    else if (answer.status !== 204) location.replace(`/attend${about}`);
  } catch {
    lost.hidden = false;
  }
}

function say(text) {
  clearTimeout(saying);
  said.textContent = text;
  saying = setTimeout(() => said.replaceChildren(), SAID_MS);
}

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    wake();
    if (performance.now() - used < USED_MS) return;
    used = performance.now();
    const body = new URLSearchParams({ csrf: document.body.dataset.csrf });
    fetch("/attend/here", { method: "POST", body }).catch(() => {});
  });
}

// --- sound

const MUTED = "attend-muted";
if (localStorage.getItem(MUTED)) sound.setAttribute("aria-pressed", "false");

sound.addEventListener("click", () => {
  const on = sound.getAttribute("aria-pressed") === "false";
  sound.setAttribute("aria-pressed", String(on));
  if (on) localStorage.removeItem(MUTED);
  else localStorage.setItem(MUTED, "yes");
  if (on) ring();
});

// Browsers let a page be heard once somebody has touched it.
function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

function ring() {
  if (!audio || sound.getAttribute("aria-pressed") === "false") return;
  for (const [place, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const begin = audio.currentTime + 0.18 * place;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.4);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.4);
  }
}

listen();
