// The desk's camera. Pictures go to the server as they are, and nowhere else; nothing is
// kept here, and leaving the page says so to the server.

const EVERY_MS = 260; // Four looks a second, a little less than the server takes.
const STEADY_MS = 600; // After one is taken, so that the next is another picture.
const WIDTH = 1280;
const TOO_SOON = 429;
const LARGEST = 16 * 2 ** 20; // As the server takes it.

const view = document.getElementById("view");
const still = document.getElementById("still");
const said = document.getElementById("said");
const count = document.getElementById("count");
const taken = document.getElementById("taken");
const camera = document.getElementById("camera");
const files = document.getElementById("files");
const on = document.getElementById("on");
const csrf = document.body.dataset.csrf;
const about = `?language=${encodeURIComponent(document.documentElement.lang)}`;

let stream = null;
let looking = false;

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function say(text) {
  // A reader of the screen is told once, not four times a second.
  if (text && said.textContent !== text) said.textContent = text;
}

function form(path) {
  return fetch(path, {
    method: "POST",
    body: new URLSearchParams({ csrf }),
    redirect: "manual",
    keepalive: true,
  });
}

async function begin() {
  show(0);
  const answer = await form("/new/begin");
  if (answer.ok) return true;
  say(answer.status === 503
    ? "Others are at it. Try again in a moment."
    : "This page is over. Go back to “New pass”.");
  return false;
}

async function send(picture) {
  const answer = await fetch(`/new/look${about}`, {
    method: "POST",
    body: picture,
    headers: { "Content-Type": picture.type, "X-CSRF": csrf },
  });
  if (answer.status === TOO_SOON) {
    await pause(EVERY_MS);
    return send(picture);
  }
  if (answer.headers.get("content-type") !== "application/json") {
    stop();
    say("You are signed out, or this page is over. Go back to “New pass”.");
    return null;
  }
  const told = await answer.json();
  say(told.said);
  if (answer.status === 409) stop();
  return answer.ok ? told : null;
}

function show(number) {
  count.dataset.taken = number;
  taken.textContent = number;
}

// Whether there is more to be sent.
function heed(told) {
  show(told.taken);
  if (told.reason === "attack-suspected" || told.reason === "non-match") {
    stop();
    return false;
  }
  if (!told.complete) return true;
  stop();
  done = true;
  on.submit();
  return false;
}

let done = false;

// --- the camera

camera.addEventListener("click", async () => {
  camera.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "user", width: { ideal: WIDTH } },
    });
  } catch {
    say("No camera could be opened. Allow it in the browser, or take files.");
    camera.disabled = false;
    return;
  }
  view.srcObject = stream;
  view.hidden = false;
  await view.play();
  looking = await begin();
  if (looking) look();
  else stop();
});

async function look() {
  let rest = EVERY_MS;
  try {
    const picture = await grab();
    const told = picture && looking ? await send(picture) : null;
    if (told && !heed(told)) return;
    if (told && told.reason === null) rest = STEADY_MS;
  } catch {
    say("The desk cannot be reached. Trying again.");
    rest = 2000;
  }
  if (looking) setTimeout(look, rest);
}

function grab() {
  still.width = view.videoWidth;
  still.height = view.videoHeight;
  const pen = still.getContext("2d");
  pen.drawImage(view, 0, 0);
  return new Promise((resolve) => {
    still.toBlob((picture) => {
      pen.clearRect(0, 0, still.width, still.height);
      resolve(picture);
    }, "image/jpeg", 0.92);
  });
}

function stop() {
  looking = false;
  camera.disabled = false;
  if (stream) for (const track of stream.getTracks()) track.stop();
  stream = null;
  view.srcObject = null;
  view.hidden = true;
}

// --- files

files.addEventListener("change", async () => {
  stop();
  const chosen = [...files.files];
  files.value = "";
  try {
    if (!(await begin())) return;
    for (const [place, file] of chosen.entries()) {
      if (file.size > LARGEST) {
        say(`${place + 1}: This file is larger than 16 MiB.`);
        return;
      }
      const told = await send(file);
      if (told && !heed(told)) return;
      if (!told || told.reason !== null) {
        say(`${place + 1}: ${said.textContent}`);
        return;
      }
      await pause(EVERY_MS);
    }
    say("That is not enough yet: choose three or more photographs at once.");
  } catch {
    say("The desk cannot be reached. Try again.");
  }
});

// --- leaving

addEventListener("pagehide", () => {
  stop();
  if (!done) form("/new/leave");
});
