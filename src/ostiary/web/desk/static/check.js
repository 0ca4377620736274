// Pictures of a pass, from the camera or a file, on their way to be read: the desk says
// what their code says, and the form sends that as if a scanner had typed it.

const LONGEST_SIDE = 1600;
const QUALITY = 0.92;
const BETWEEN_MS = 400;

const at = (id) => document.getElementById(id);
const canvas = document.createElement("canvas");
let stream = null;

function tell(words) {
  at("told").textContent = words;
  at("told").hidden = words === "";
}

/** A picture as JPEG, no larger than the desk reads. */
function shrunk(source, width, height) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

/** Whether the desk read a pass in it, which is then checked. */
async function read(source, width, height) {
  const body = await shrunk(source, width, height);
  canvas.width = 0;
  const headers = { "Content-Type": "image/jpeg" };
  const answer = await fetch("/check/picture", { method: "POST", headers, body });
  const said = await answer.text();
  if (!answer.ok) {
    return said;
  }
  end();
  at("text").value = said;
  at("check").requestSubmit();
  return "";
}

function end() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  at("mirror").srcObject = null;
  at("mirror").hidden = true;
  at("look").setAttribute("aria-pressed", "false");
}

async function look() {
  if (stream !== null) {
    return end();
  }
  const wanted = { facingMode: "environment", width: { ideal: 1280 } };
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  } catch {
    return tell(at("look").dataset.refused);
  }
  tell("");
  const mirror = at("mirror");
  at("look").setAttribute("aria-pressed", "true");
  mirror.srcObject = stream;
  mirror.hidden = false;
  await mirror.play();
  while (stream !== null) {
    await read(mirror, mirror.videoWidth, mirror.videoHeight).catch(() => "");
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}

async function pick({ target }) {
  const [file] = target.files;
  target.value = "";
  if (file !== undefined) {
    try {
      const picture = await createImageBitmap(file);
      tell(await read(picture, picture.width, picture.height));
      picture.close();
    } catch {
      tell(at("pick").dataset.refused);
    }
  }
}

at("ways").hidden = false;
at("look").hidden = navigator.mediaDevices === undefined;
at("look").addEventListener("click", look);
at("pick").addEventListener("click", () => at("picture").click());
at("picture").addEventListener("change", pick);
addEventListener("pagehide", end);
