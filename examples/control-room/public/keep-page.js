// @ts-check

// The page as it was when it was last loaded, for whoever opens it while the server is not there: it says so, and goes on
// by itself once the server is back. While there is a server, the page is the server's.

/** The service worker's own scope, whose types are not those of a page. @type {any} */
const worker = globalThis

async function fromServer(/** @type {Request} */ request) {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await caches.match(request)
    if (kept) return kept
    throw error
  }
}

/** Its name changes with what is in it, so that a kept one is never old. */
const fromStore = async (/** @type {Request} */ request) => (await caches.match(request)) ?? fetch(request)

worker.addEventListener('install', () => void worker.skipWaiting())
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin || request.method !== 'GET') return
  if (request.mode === 'navigate' && pathname === '/') event.respondWith(fromServer(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(fromStore(request))
})
