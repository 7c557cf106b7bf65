// What a page does without any library of Gamut. It runs in the browser of the proof, which takes what came by `take`.
const retryMs = 500

/** @type {Map<string, { told: unknown[], close: () => void }>} */
const readings = new Map()

globalThis.proof = {
  openEventSource(id, url, cursor) {
    const told = []
    let source
    let timer
    let last = cursor
    const tell = (event) => {
      last = event.lastEventId
      told.push({ event: event.type, id: event.lastEventId, data: event.data })
    }
    const open = () => {
      source = new EventSource(`${url}?cursor=${last}`)
      for (const type of ['$open', '$gap', 'message']) source.addEventListener(type, tell)
      // It comes back by itself but from a refusal.
      source.addEventListener('error', () => {
        if (source.readyState !== EventSource.CLOSED) return
        told.push({ gaveUp: true })
        timer = setTimeout(open, retryMs)
      })
    }
    open()
    readings.set(id, {
      told,
      close: () => {
        clearTimeout(timer)
        source.close()
      },
    })
  },

  openWebSocket(id, url, cursor) {
    const told = []
    let socket
    let timer
    let closed = false
    let last = cursor
    const open = () => {
      let afterMs = retryMs
      socket = new WebSocket(`${url.replace('http', 'ws')}?cursor=${last}`)
      socket.addEventListener('message', ({ data }) => {
        const frame = JSON.parse(data)
        if (frame.type === 'reconnect') afterMs = frame.afterMs
        if (frame.cursor) last = frame.cursor
        told.push({ frame })
      })
      socket.addEventListener('close', () => {
        if (!closed) timer = setTimeout(open, afterMs)
      })
    }
    open()
    readings.set(id, {
      told,
      close: () => {
        closed = true
        clearTimeout(timer)
        socket.close()
      },
    })
  },

  take: (id) => readings.get(id).told.splice(0),

  close(id) {
    const { told, close } = readings.get(id)
    readings.delete(id)
    close()
    return told
  },
}
