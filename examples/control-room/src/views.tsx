/** Where else one can go. */
export function Views() {
  return (
    <nav className="views" aria-label="Views">
      <a href="/" aria-current="page">
        Room
      </a>
      <a href="/transports">Transports</a>
    </nav>
  )
}
