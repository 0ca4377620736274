// Opening by hand. It asks the gate what is to be signed, shows it, and asks the browser
// for the authenticator. It keeps nothing.

const about = `?language=${encodeURIComponent(document.documentElement.lang)}`;
const { csrf, account, identifier, silent, lost, signToo } = document.body.dataset;
const said = document.getElementById("said");
const wishing = document.getElementById("wish");
const entry = document.getElementById("entry");
const waiting = document.getElementById("waiting");
const ALGORITHMS = [-7, -8]; // ES256 and EdDSA (RFC 9053).
const TIMEOUT_MS = 45000; // Less than the gate waits.
const RETRY_MS = 2000;

let drawn = null;

async function ask(what, fields) {
  try {
    const answer = await fetch(`/attend/hand/${what}${about}`, {
      method: "POST",
      body: new URLSearchParams({ csrf, ...fields }),
    });
    if (answer.status === 200) return await answer.json();
    if (answer.status === 401) location.replace(`/attend${about}`);
    if (answer.ok || answer.status === 401) return {};
  } catch {
    // The line broke; what was asked may have been done.
  }
  return { said: lost, name: "gate-lost" };
}

function tell(answer) {
  said.textContent = answer.said ?? "";
  said.dataset.name = answer.name ?? "";
}

function octets(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

wishing?.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell({});
  const chosen = wishing.querySelector("input[name=reason]:checked");
  const answer = await ask("wish", Object.fromEntries(new FormData(wishing)));
  tell(answer);
  if (!answer.wish) return;
  drawn = answer;
  document.getElementById("entry-at").textContent = moment(answer.at);
  document.getElementById("entry-gate").textContent = answer.gate;
  document.getElementById("entry-reason").textContent = chosen.parentElement.textContent;
  const ofPass = answer.shown !== null;
  document.getElementById("entry-receipt").hidden = !ofPass;
  if (ofPass) {
    const ago = new Intl.RelativeTimeFormat(document.documentElement.lang);
    document.getElementById("entry-shown").textContent = ago.format(-answer.shown, "second");
  }
  turn(true);
  document.getElementById("entry-title").focus();
});

function moment(seconds) {
  const format = { dateStyle: "long", timeStyle: "long" };
  return new Date(1000 * seconds).toLocaleString(document.documentElement.lang, format);
}

function turn(signing) {
  wishing.hidden = signing;
  entry.hidden = !signing;
}

document.getElementById("drop")?.addEventListener("click", () => drop());

async function drop() {
  await ask("drop", { wish: drawn.wish });
  turn(false);
}

// What the authenticator says to a challenge, as the gate takes it.
async function assertion(challenge) {
  const { response } = await navigator.credentials.get({
    publicKey: {
      challenge: octets(challenge),
      allowCredentials: [{ type: "public-key", id: octets(identifier) }],
      userVerification: "preferred",
      timeout: TIMEOUT_MS,
    },
  });
  return {
    data: text(response.authenticatorData),
    client: text(response.clientDataJSON),
    signature: text(response.signature),
  };
}

document.getElementById("sign")?.addEventListener("click", async () => {
  const { wish, challenge, signers } = drawn;
  try {
    const signed = await assertion(challenge);
    entry.hidden = true;
    if (signers > 1) tell({ said: signToo, name: "second-wanted" });
    tell(await ask("sign", { wish, ...signed }));
    turn(false);
  } catch {
    await drop();
    tell({ said: silent, name: "authenticator-silent" });
  }
});

// --- signing what another attendant signed

waiting.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const { challenge } = button.dataset;
  button.disabled = true;
  try {
    tell(await ask("second", { challenge, ...(await assertion(challenge)) }));
  } catch {
    tell({ said: silent, name: "authenticator-silent" });
  }
  button.disabled = false;
});

function listen() {
  const stream = new EventSource(`/attend/hand/waiting${about}`);
  stream.onmessage = (event) => {
    const sent = document.createElement("template");
    sent.innerHTML = event.data;
    for (const each of sent.content.querySelectorAll(".at")) {
      each.textContent = moment(Number(each.dataset.at));
    }
    waiting.replaceChildren(sent.content);
  };
  stream.addEventListener("ended", () => location.replace(`/attend${about}`));
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  };
}

document.getElementById("register").addEventListener("click", async () => {
  try {
    const { challenge } = await ask("challenge", {});
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: octets(challenge),
        rp: { name: "Ostiary" },
        user: {
          id: crypto.getRandomValues(new Uint8Array(32)),
          name: account,
          displayName: account,
        },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { userVerification: "preferred" },
        attestation: "none",
        timeout: TIMEOUT_MS,
      },
    });
    const id = text(made.rawId);
    const response = {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    };
    const credential = { id, rawId: id, type: made.type, response };
    const answer = await ask("register", { answer: JSON.stringify(credential) });
    tell(answer);
    if (!answer.text) return;
    document.getElementById("registered-key").textContent = answer.compared;
    document.getElementById("registered-text").value = answer.text;
    document.getElementById("registered").hidden = false;
  } catch {
    tell({ said: silent, name: "authenticator-silent" });
  }
});

listen();

// Nothing can be pressed before somebody listens.
for (const each of document.querySelectorAll("button:disabled")) each.disabled = false;
