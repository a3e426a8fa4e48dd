import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { LiveSocket, type Socket } from "@/lib/live-socket"
import type { AccountEvent, Tick } from "@/lib/live-types"

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null
  onmessage: Socket["onmessage"] = null
  onclose: Socket["onclose"] = null
  readonly sent: Record<string, unknown>[] = []
  isClosed = false

  send(text: string) {
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.isClosed = true
  }

  deliver(message: object) {
    this.deliverText(JSON.stringify(message))
  }

  deliverText(data: string) {
    this.onmessage?.({ data } as MessageEvent)
  }

  accept() {
    this.onopen?.(new Event("open"))
  }

  drop(code: number) {
    this.onclose?.({ code } as CloseEvent)
  }
}

const STATUS = {
  type: "status",
  connected: true,
  source: "simulated",
  simulated: true,
  demo: true,
  stale: false,
}
const tick = (ltp: number) =>
  ({ ltp, close: 100, change: ltp - 100, change_pct: ltp - 100, ts: "", seq: 1 }) as Tick

let sockets: FakeSocket[]
let frames: (() => void)[]
let switched: ReturnType<typeof vi.fn<() => void>>
let socket: LiveSocket

const current = () => sockets.at(-1) as FakeSocket
const draw = () => {
  for (const work of frames.splice(0)) work()
}
const connect = () => {
  current().accept()
  current().deliver(STATUS)
}

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  frames = []
  switched = vi.fn()
  socket = new LiveSocket({
    open: () => {
      sockets.push(new FakeSocket())
      return current()
    },
    schedule: (work) => frames.push(work),
    switched,
    random: () => 0.5,
  })
})

afterEach(() => vi.useRealTimers())

describe("subscriptions", () => {
  test("subscriptions are batched, each instrument in its richest mode", () => {
    socket.subscribeTicks("NSE:INFY", "ltp")
    socket.subscribeTicks("NSE:INFY", "full")
    socket.subscribeTicks("NSE:TCS", "ltp")
    socket.subscribeChannel("events")
    connect()
    expect(current().sent).toEqual([
      { action: "subscribe", channels: ["events"] },
      { action: "subscribe", symbols: ["NSE:TCS"], mode: "ltp" },
      { action: "subscribe", symbols: ["NSE:INFY"], mode: "full" },
    ])
  })

  test("an instrument is unsubscribed shortly after its last subscriber", () => {
    const first = socket.subscribeTicks("NSE:INFY", "quote")
    const second = socket.subscribeTicks("NSE:INFY", "quote")
    socket.subscribeChannel("events")
    connect()
    current().sent.length = 0
    first()
    first()
    vi.advanceTimersByTime(3_000)
    expect(current().sent).toEqual([])
    second()
    vi.advanceTimersByTime(3_000)
    expect(current().sent).toEqual([{ action: "unsubscribe", symbols: ["NSE:INFY"] }])
  })

  test("a page with the same subscriptions as the previous one sends nothing", () => {
    socket.subscribeChannel("events")
    const unsubscribe = socket.subscribeTicks("NSE:INFY", "quote")
    connect()
    current().sent.length = 0
    unsubscribe()
    socket.subscribeTicks("NSE:INFY", "quote")
    vi.advanceTimersByTime(5_000)
    expect(current().sent).toEqual([])
  })

  test("no more instruments than the server allows are subscribed", () => {
    for (let i = 0; i < 600; i += 1) socket.subscribeTicks(`NSE:S${i}`, "ltp")
    connect()
    expect(current().sent[0]?.symbols).toHaveLength(500)
  })

  test("without subscriptions the connection is closed and its data cleared", () => {
    const unsubscribe = socket.subscribeTicks("NSE:INFY", "quote")
    connect()
    current().deliver({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    draw()
    unsubscribe()
    vi.advanceTimersByTime(2_100)
    expect(current().isClosed).toBe(true)
    expect(socket.tick("NSE:INFY")).toBeUndefined()
    expect(socket.status().link).toBe("idle")
    vi.advanceTimersByTime(120_000)
    expect(sockets.length).toBe(1)
  })
})

describe("messages", () => {
  test("ticks are delivered once per frame, the newest of each instrument", () => {
    const listener = vi.fn()
    socket.subscribeTicks("NSE:INFY", "quote")
    socket.onChange("NSE:INFY", listener)
    connect()
    current().deliver({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    current().deliver({ type: "ticks", data: { "NSE:INFY": tick(102) } })
    expect(socket.tick("NSE:INFY")).toBeUndefined()
    expect(frames.length).toBe(1)
    draw()
    expect(listener).toHaveBeenCalledTimes(1)
    expect(socket.tick("NSE:INFY")?.ltp).toBe(102)
  })

  test("a listener is called for its own instrument only", () => {
    const listener = vi.fn()
    socket.onChange("NSE:TCS", listener)
    socket.subscribeTicks("NSE:INFY", "quote")
    connect()
    current().deliver({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    draw()
    expect(listener).not.toHaveBeenCalled()
  })

  test("a channel keeps its last value", () => {
    const listener = vi.fn()
    socket.subscribeChannel("runs")
    socket.onChange("runs", listener)
    connect()
    current().deliver({ type: "channel", channel: "runs", data: [1] })
    expect(socket.channel("runs")).toEqual([1])
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test("events reach every handler until it unsubscribes", () => {
    const received: (AccountEvent | null)[] = []
    const unsubscribe = socket.subscribeEvents((event) => received.push(event))
    connect()
    current().deliver({ type: "event", cursor: 7, summary: "Order filled" })
    unsubscribe()
    current().deliver({ type: "event", cursor: 8 })
    expect(received.map((event) => event?.cursor)).toEqual([7])
  })

  test("stale prices are reported, and invalid messages are ignored", () => {
    const listener = vi.fn()
    socket.onStatusChange(listener)
    socket.subscribeChannel("events")
    connect()
    listener.mockClear()
    current().deliver({ ...STATUS, stale: true, reason: "nothing received" })
    current().deliver({ ...STATUS, stale: true, reason: "nothing received" })
    current().deliverText("not json")
    expect(socket.status()).toMatchObject({ link: "open", stale: true, reason: "nothing received" })
    expect(listener).toHaveBeenCalledTimes(1)
  })
})

describe("reconnecting", () => {
  test("it reconnects with growing delays and restores all subscriptions", () => {
    socket.subscribeTicks("NSE:INFY", "quote")
    socket.subscribeChannel("runs")
    connect()
    const subscriptions = [...current().sent]
    current().drop(1006)
    expect(socket.status().link).toBe("lost")
    for (const delay of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = sockets.length
      vi.advanceTimersByTime(delay - 1)
      expect(sockets.length).toBe(before)
      vi.advanceTimersByTime(1)
      expect(sockets.length).toBe(before + 1)
      if (delay < 15_000 || before < 7) current().drop(1006)
    }
    connect()
    expect(current().sent).toEqual(subscriptions)
    expect(socket.status().link).toBe("open")
  })

  test("handlers are told to refetch after a reconnect, not at the first connection", () => {
    const received: unknown[] = []
    socket.subscribeEvents((event) => received.push(event))
    connect()
    expect(received).toEqual([])
    current().drop(1006)
    vi.advanceTimersByTime(500)
    connect()
    expect(received).toEqual([null])
  })

  test("a connection without messages is given up", () => {
    socket.subscribeChannel("events")
    connect()
    const first = current()
    vi.advanceTimersByTime(34_000)
    first.deliver({ type: "heartbeat" })
    vi.advanceTimersByTime(34_000)
    expect(first.isClosed).toBe(false)
    vi.advanceTimersByTime(2_000)
    expect(first.isClosed).toBe(true)
    expect(socket.status().link).toBe("lost")
    first.deliver({ type: "ticks", data: { "NSE:INFY": tick(1) } })
    expect(frames.length).toBe(0)
  })

  test("a refused connection is not retried until there is a new subscription", () => {
    socket.subscribeChannel("events")
    connect()
    current().drop(4401)
    expect(socket.status().link).toBe("refused")
    vi.advanceTimersByTime(120_000)
    expect(sockets.length).toBe(1)
    socket.subscribeChannel("runs")
    expect(sockets.length).toBe(2)
  })

  test("it reconnects at once when the browser is back", () => {
    socket.subscribeChannel("events")
    connect()
    current().drop(1006)
    socket.reconnect()
    expect(sockets.length).toBe(2)
    vi.advanceTimersByTime(20_000)
    expect(sockets.length).toBe(2)
  })
})

describe("another market", () => {
  test("no price of the former market stays", () => {
    socket.subscribeTicks("NSE:INFY", "ltp")
    vi.advanceTimersByTime(100)
    connect()
    current().deliver({ type: "ticks", data: { "NSE:INFY": tick(100) } })
    draw()
    expect(socket.tick("NSE:INFY")?.ltp).toBe(100)
    current().deliver(STATUS)
    expect(switched).not.toHaveBeenCalled()
    current().deliver({ ...STATUS, source: "exchange", simulated: false })
    expect(socket.tick("NSE:INFY")).toBeUndefined()
    expect(switched).toHaveBeenCalledOnce()
  })

  test("after a lost connection no market is named until the server names its own", () => {
    socket.subscribeTicks("NSE:INFY", "quote")
    connect()
    current().drop(1006)
    vi.advanceTimersByTime(500)
    current().accept()
    expect(socket.status()).toMatchObject({ link: "open", source: "" })
    current().deliver({ ...STATUS, source: "sandbox", simulated: false, label: "sandbox" })
    expect(socket.status().source).toBe("sandbox")
    expect(switched).toHaveBeenCalledOnce()
  })
})
