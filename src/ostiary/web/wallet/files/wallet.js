// A pass from its link: taken out of the address, looked at, drawn. It goes nowhere else
// unless its holder asks for it to be kept, and then into this browser's storage alone.

import { encodeQR } from "./qr.js";
import { WORDS } from "./words.js";

const KEPT = "ostiary-pass";
const CACHES = "ostiary-wallet-";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MAX_CHARACTERS = 4296;
const MAX_BYTES = 65536;
/** How a sealed credential begins: CBOR's tag 96, COSE_Encrypt. */
const SEALED = [0xd8, 0x60];
/** How one begins that is signed and open to everyone: tag 18, COSE_Sign1. */
const OPEN = 0xd2;

const QUIET_MODULES = 4;
const WIDEST = 640;

const at = (id) => document.getElementById(id);

let words = WORDS.en;
let told = "";
let place = "";
let shown = null;
let awake = null;
let turn = 0;

// The link.

/** The text behind the number sign, which is at once no longer in the address. */
function taken() {
  const given = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  return given;
}

/** Undoes base45 (RFC 9285); throws at what is none. */
function base45(text) {
  const values = Array.from(text, (each) => ALPHABET.indexOf(each));
  if (values.includes(-1) || values.length % 3 === 1) {
    throw new RangeError("not base45");
  }
  const bytes = [];
  for (let start = 0; start < values.length; start += 3) {
    const group = values.slice(start, start + 3);
    const value = group.reduceRight((sum, each) => 45 * sum + each, 0);
    if (value >= (group.length === 3 ? 65536 : 256)) {
      throw new RangeError("not base45");
    }
    bytes.push(...(group.length === 3 ? [value >> 8, value & 255] : [value]));
  }
  return Uint8Array.from(bytes);
}

/** Undoes zlib, whose checksum tells whether all of the link is there. */
async function inflated(bytes) {
  const stream = new Blob([bytes]).stream();
  const reader = stream.pipeThrough(new DecompressionStream("deflate")).getReader();
  let head = [];
  let length = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    length += piece.value.length;
    head = [...head, ...piece.value.slice(0, SEALED.length)].slice(0, SEALED.length);
    if (length > MAX_BYTES) {
      throw new RangeError("too long");
    }
  }
  return head;
}

/** Why a link's text is not shown, as a key of the words; empty: it is a sealed pass. */
async function fault(text) {
  if (text.length > MAX_CHARACTERS) {
    return "damaged";
  }
  try {
    const head = await inflated(base45(text));
    if (head[0] === OPEN) {
      return "open";
    }
    return SEALED.every((each, index) => each === head[index]) ? "" : "damaged";
  } catch {
    return "damaged";
  }
}

/** The text of a link; empty where nobody could have made it. */
function decoded(given) {
  try {
    return decodeURIComponent(given);
  } catch {
    return "";
  }
}

// The code.

/** The dark modules as one path: a bar for each run of them in a row. */
function bars(rows) {
  return rows
    .map((row, y) =>
      Array.from(
        row.map((dark) => (dark ? "#" : " ")).join("").matchAll(/#+/g),
        ({ index, 0: { length } }) => `M${index} ${y}h${length}v1h-${length}z`,
      ).join(""),
    )
    .join("");
}

function draw(text) {
  const rows = encodeQR(text, "raw", { ecc: "low", border: QUIET_MODULES });
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  picture.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  picture.setAttribute("role", "img");
  path.setAttribute("d", bars(rows));
  picture.append(path);
  at("code").replaceChildren(picture);
  fit();
}

/** As large as there is room, and each module a whole number of the screen's dots. */
function fit() {
  const picture = at("code").firstElementChild;
  if (picture !== null) {
    const modules = picture.viewBox.baseVal.width;
    const { clientWidth, clientHeight } = document.documentElement;
    const room = Math.min(clientWidth, clientHeight, WIDEST);
    const dots = Math.max(1, Math.floor((room * devicePixelRatio) / modules));
    const side = (dots * modules) / devicePixelRatio;
    picture.setAttribute("width", side);
    picture.setAttribute("height", side);
  }
}

/** Asks that the screen stay on; where it cannot, its holder touches it. */
async function stayAwake() {
  if (shown !== null && document.visibilityState === "visible") {
    awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }
}

// What is kept, if its holder asks.

const store = {
  read() {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return null; // This browser keeps nothing for pages.
    }
  },
  write(text) {
    try {
      localStorage.setItem(KEPT, text);
    } catch {
      // Looked at below, whatever it is called.
    }
    return this.read() === text;
  },
  clear() {
    try {
      localStorage.removeItem(KEPT);
    } catch {
      // Then there is nothing to be removed.
    }
  },
};

/** Whether this page itself will be there without a network, too. */
async function prepared() {
  try {
    await navigator.serviceWorker.register("worker.js");
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false; // Only over https, and in no private window of some browsers.
  }
}

async function keep() {
  if (!store.write(shown)) {
    return say({ place: "unkept" });
  }
  navigator.storage?.persist?.();
  say({ place: "online" });
  if (await prepared()) {
    say({ place: "kept" });
  }
}

async function forget() {
  store.clear();
  shown = null;
  at("code").replaceChildren();
  at("shown").hidden = true;
  awake?.release();
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  const own = new URL("./", location.href).href;
  await Promise.all(
    workers.filter((each) => each.scope === own).map((each) => each.unregister()),
  );
  const names = (await globalThis.caches?.keys()) ?? [];
  await Promise.all(
    names.filter((each) => each.startsWith(CACHES)).map((each) => caches.delete(each)),
  );
  say({ told: "forgotten", place: "" });
}

// What is said.

function say(changes = {}) {
  ({ told, place } = { told, place, ...changes });
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.direction;
  document.title = words.title;
  for (const each of document.querySelectorAll("[data-say]")) {
    each.textContent = words[each.dataset.say];
  }
  at("told").textContent = words[told] ?? "";
  at("told").hidden = told === "";
  at("place").textContent = words[place] ?? "";
  at("keep").hidden = place === "kept" || place === "online";
  at("code").firstElementChild?.setAttribute("aria-label", words.alt);
  at("language").setAttribute("aria-label", words.language);
  document.body.dataset.state = told || place;
}

function choose(languages) {
  const codes = languages.map((each) => each.split("-")[0]);
  words = WORDS[codes.find((each) => each in WORDS)] ?? WORDS.en;
}

function offerLanguages() {
  for (const { code, name } of Object.values(WORDS)) {
    const option = new Option(name, code, false, code === words.code);
    option.lang = code;
    at("language").append(option);
  }
  at("language").hidden = false;
}

/** Shows the newest link, however long an older one takes to be looked at. */
async function show() {
  const own = (turn += 1);
  const given = taken();
  const kept = store.read();
  const text = given === "" ? (kept ?? "") : decoded(given);
  const why = given === "" && kept === null ? "none" : await fault(text);
  if (own !== turn) {
    return;
  }
  shown = why === "" ? text : null;
  at("code").replaceChildren();
  at("shown").hidden = shown === null;
  if (shown !== null) {
    draw(shown);
    stayAwake();
  }
  const offline = navigator.serviceWorker?.controller ?? null;
  const where = offline === null ? "online" : "kept";
  say({ told: why, place: shown === kept ? where : "closing" });
}

choose([...navigator.languages]);
offerLanguages();
at("keep").addEventListener("click", keep);
at("forget").addEventListener("click", forget);
at("language").addEventListener("change", ({ target }) => {
  choose([target.value]);
  say();
});
addEventListener("hashchange", () => location.hash && show());
addEventListener("resize", fit);
document.addEventListener("visibilitychange", stayAwake);
show();
