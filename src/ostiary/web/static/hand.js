// Opening by hand. It asks the gate what is to be signed, shows it, and asks the browser
// for the authenticator. It keeps nothing.

const about = `?language=${encodeURIComponent(document.documentElement.lang)}`;
const { csrf, account, identifier, silent, lost } = document.body.dataset;
const said = document.getElementById("said");
const wishing = document.getElementById("wish");
const entry = document.getElementById("entry");
const ALGORITHMS = [-7, -8]; // ES256 and EdDSA (RFC 9053).
const TIMEOUT_MS = 45000; // Less than the gate waits.

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
  const chosen = wishing.querySelector("input:checked");
  const answer = await ask("wish", Object.fromEntries(new FormData(wishing)));
  tell(answer);
  if (!answer.wish) return;
  drawn = answer;
  const at = new Date(1000 * answer.at);
  document.getElementById("entry-at").textContent = at.toLocaleString(
    document.documentElement.lang,
    { dateStyle: "long", timeStyle: "long" },
  );
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

function turn(signing) {
  wishing.hidden = signing;
  entry.hidden = !signing;
}

document.getElementById("drop")?.addEventListener("click", () => drop());

async function drop() {
  await ask("drop", { wish: drawn.wish });
  turn(false);
}

document.getElementById("sign")?.addEventListener("click", async () => {
  try {
    const { response } = await navigator.credentials.get({
      publicKey: {
        challenge: octets(drawn.challenge),
        allowCredentials: [{ type: "public-key", id: octets(identifier) }],
        userVerification: "preferred",
        timeout: TIMEOUT_MS,
      },
    });
    tell(
      await ask("sign", {
        wish: drawn.wish,
        data: text(response.authenticatorData),
        client: text(response.clientDataJSON),
        signature: text(response.signature),
      }),
    );
    turn(false);
  } catch {
    await drop();
    tell({ said: silent, name: "authenticator-silent" });
  }
});

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
    document.getElementById("registered-key").textContent = answer.key;
    document.getElementById("registered-text").value = answer.text;
    document.getElementById("registered").hidden = false;
  } catch {
    tell({ said: silent, name: "authenticator-silent" });
  }
});

// Nothing can be pressed before somebody listens.
for (const each of document.querySelectorAll("button:disabled")) each.disabled = false;
