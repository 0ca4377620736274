// Keeps the files of this page, so that it is there without a network. A pass is none of
// them: it stands behind the number sign, and nothing here looks at that.

const NAME = `ostiary-wallet-${VERSION}`;

async function keepFiles() {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((each) => new Request(each, { cache: "reload" })));
  await skipWaiting();
}

async function dropOlder() {
  const names = await caches.keys();
  const ours = names.filter((each) => each.startsWith("ostiary-wallet-"));
  await Promise.all(
    ours.filter((each) => each !== NAME).map((each) => caches.delete(each)),
  );
  await clients.claim();
}

async function answer(file) {
  const cache = await caches.open(NAME);
  return (await cache.match(file)) ?? fetch(file);
}

addEventListener("install", (event) => event.waitUntil(keepFiles()));
addEventListener("activate", (event) => event.waitUntil(dropOlder()));
addEventListener("fetch", (event) => {
  const asked = new URL(event.request.url);
  const file = asked.origin + asked.pathname;
  const own = FILES.map((each) => new URL(each, registration.scope).href);
  if (own.includes(file)) {
    event.respondWith(answer(file));
  }
});
