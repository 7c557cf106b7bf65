import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.js'
import { links } from './links.js'
import { Metrics } from './metrics.js'
import { StatusLine } from './status-line.js'
import { ThemeSwitch } from './theme-switch.js'
import { Widget } from './widget.js'

const all = Object.values(links)

function Room() {
  return (
    <>
      <header className="top">
        <h1>Control room</h1>
        <StatusLine links={all} />
        <ThemeSwitch />
      </header>
      <main className="grid">
        <Widget link={links.metrics} area="metrics">
          <Metrics />
        </Widget>
        <Widget link={links.chat} area="chat">
          <Chat />
        </Widget>
      </main>
    </>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <Room />
    </StrictMode>,
  )
