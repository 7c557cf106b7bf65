import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Board } from './board.js'
import { Chat } from './chat.js'
import { Comparison } from './comparison.js'
import { Deploy } from './deploy.js'
import { Faults } from './faults/faults.js'
import { keepTimeline } from './faults/timeline.js'
import { keepPage } from './keep-page.js'
import { links } from './links.js'
import { Metrics } from './metrics.js'
import { Notices } from './notices.js'
import { Report } from './report.js'
import { SettingsForm } from './settings.js'
import { StatusLine } from './status-line.js'
import { ThemeSwitch } from './theme-switch.js'
import { ViewLinks, Views } from './views.js'
import { Widget } from './widget.js'

const all = Object.values(links)

function Room() {
  return (
    <>
      <header className="top">
        <h1>Control room</h1>
        <ViewLinks />
        <Faults links={all} />
        <ThemeSwitch />
        <StatusLine links={all} />
      </header>
      <Views>
        <main className="grid">
          <Widget link={links.metrics} area="metrics">
            <Metrics />
          </Widget>
          <Widget link={links.chat} area="chat">
            <Chat />
          </Widget>
          <Widget link={links.notices} area="notices">
            <Notices />
          </Widget>
          <Widget link={links.report} area="report">
            <Report />
          </Widget>
          <Widget link={links.settings} area="settings">
            <SettingsForm />
          </Widget>
          <Widget link={links.deploy} area="deploy">
            <Deploy />
          </Widget>
          <Widget link={links.board} area="board">
            <Board />
          </Widget>
          <Comparison />
        </main>
      </Views>
    </>
  )
}

keepPage()
keepTimeline(all)

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <Room />
    </StrictMode>,
  )
