import { links } from './links.js'

/** Lays the page and all that it has loaded where `keep-page.js` finds it. */
async function keep(): Promise<void> {
  // These come after all else.
  await Promise.all([import('@gamut/advisor'), links.metrics.gamut.explain()])
  // Elsewhere than on this machine a browser allows it over HTTPS alone.
  if (!isSecureContext || !('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('/keep-page.js')
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name))
  const assets = loaded.filter(
    ({ origin, pathname }) => origin === location.origin && pathname.startsWith('/assets/'),
  )
  const wanted = new Set([new URL('/', location.href), ...assets].map(({ href }) => href))
  const store = await caches.open('page')
  await store.addAll([...wanted])
  for (const kept of await store.keys()) if (!wanted.has(kept.url)) await store.delete(kept)
}

/** Has the browser keep the page, so that it can be opened while the server is not there. */
export function keepPage(): void {
  // Where it fails the page is as any other.
  addEventListener('load', () => void keep().catch(() => {}))
}
