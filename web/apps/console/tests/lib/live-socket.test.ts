import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { LiveSocket, type Wire } from "@/lib/live-socket"
import type { AccountEvent, Tick } from "@/lib/live-types"

class FakeWire implements Wire {
  onopen: Wire["onopen"] = null
  onmessage: Wire["onmessage"] = null
  onclose: Wire["onclose"] = null
  readonly sent: Record<string, unknown>[] = []
  isClosed = false

  send(text: string) {
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.isClosed = true
  }

  say(message: object) {
    this.hear(JSON.stringify(message))
  }

  hear(data: string) {
    this.onmessage?.({ data } as MessageEvent)
  }

  welcome() {
    this.onopen?.(new Event("open"))
  }

  end(code: number) {
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

let wires: FakeWire[]
let drawings: (() => void)[]
let socket: LiveSocket

const wire = () => wires.at(-1) as FakeWire
const draw = () => {
  for (const work of drawings.splice(0)) work()
}
const connect = () => {
  wire().welcome()
  wire().say(STATUS)
}

beforeEach(() => {
  vi.useFakeTimers()
  wires = []
  drawings = []
  socket = new LiveSocket({
    open: () => {
      wires.push(new FakeWire())
      return wire()
    },
    soon: (work) => drawings.push(work),
    random: () => 0.5,
  })
})

afterEach(() => vi.useRealTimers())

describe("what is wanted", () => {
  test("several wishes are one question, each instrument in the richest mode wanted", () => {
    socket.want("NSE:INFY", "ltp")
    socket.want("NSE:INFY", "full")
    socket.want("NSE:TCS", "ltp")
    socket.join("events")
    connect()
    expect(wire().sent).toEqual([
      { action: "subscribe", channels: ["events"] },
      { action: "subscribe", symbols: ["NSE:TCS"], mode: "ltp" },
      { action: "subscribe", symbols: ["NSE:INFY"], mode: "full" },
    ])
  })

  test("an instrument is let go when the last who wanted it is gone, after a moment", () => {
    const first = socket.want("NSE:INFY", "quote")
    const second = socket.want("NSE:INFY", "quote")
    socket.join("events")
    connect()
    wire().sent.length = 0
    first()
    first()
    vi.advanceTimersByTime(3_000)
    expect(wire().sent).toEqual([])
    second()
    vi.advanceTimersByTime(3_000)
    expect(wire().sent).toEqual([{ action: "unsubscribe", symbols: ["NSE:INFY"] }])
  })

  test("a page that wants the same as the one before asks nothing", () => {
    socket.join("events")
    const leave = socket.want("NSE:INFY", "quote")
    connect()
    wire().sent.length = 0
    leave()
    socket.want("NSE:INFY", "quote")
    vi.advanceTimersByTime(5_000)
    expect(wire().sent).toEqual([])
  })

  test("no more than the server takes is asked for", () => {
    for (let i = 0; i < 600; i += 1) socket.want(`NSE:S${i}`, "ltp")
    connect()
    expect(wire().sent[0]?.symbols).toHaveLength(500)
  })

  test("with nothing wanted the connection ends and nothing is remembered", () => {
    const leave = socket.want("NSE:INFY", "quote")
    connect()
    wire().say({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    draw()
    leave()
    vi.advanceTimersByTime(2_100)
    expect(wire().isClosed).toBe(true)
    expect(socket.tick("NSE:INFY")).toBeUndefined()
    expect(socket.status().link).toBe("idle")
    vi.advanceTimersByTime(120_000)
    expect(wires.length).toBe(1)
  })
})

describe("what is heard", () => {
  test("ticks are shown once for each picture, the newest of each instrument", () => {
    const told = vi.fn()
    socket.want("NSE:INFY", "quote")
    socket.listen("NSE:INFY", told)
    connect()
    wire().say({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    wire().say({ type: "ticks", data: { "NSE:INFY": tick(102) } })
    expect(socket.tick("NSE:INFY")).toBeUndefined()
    expect(drawings.length).toBe(1)
    draw()
    expect(told).toHaveBeenCalledTimes(1)
    expect(socket.tick("NSE:INFY")?.ltp).toBe(102)
  })

  test("only those who watch an instrument are told of it", () => {
    const told = vi.fn()
    socket.listen("NSE:TCS", told)
    socket.want("NSE:INFY", "quote")
    connect()
    wire().say({ type: "ticks", data: { "NSE:INFY": tick(101) } })
    draw()
    expect(told).not.toHaveBeenCalled()
  })

  test("a channel keeps its last value", () => {
    const told = vi.fn()
    socket.join("runs")
    socket.listen("runs", told)
    connect()
    wire().say({ type: "channel", channel: "runs", data: [1] })
    expect(socket.channel("runs")).toEqual([1])
    expect(told).toHaveBeenCalledTimes(1)
  })

  test("events reach every handler until it leaves", () => {
    const heard: (AccountEvent | null)[] = []
    const leave = socket.hear((event) => heard.push(event))
    connect()
    wire().say({ type: "event", cursor: 7, summary: "Order filled" })
    leave()
    wire().say({ type: "event", cursor: 8 })
    expect(heard.map((event) => event?.cursor)).toEqual([7])
  })

  test("stale prices are said to be stale, and what is no message is passed over", () => {
    const told = vi.fn()
    socket.listenStatus(told)
    socket.join("events")
    connect()
    told.mockClear()
    wire().say({ ...STATUS, stale: true, reason: "nothing heard" })
    wire().say({ ...STATUS, stale: true, reason: "nothing heard" })
    wire().hear("not json")
    expect(socket.status()).toMatchObject({ link: "open", stale: true, reason: "nothing heard" })
    expect(told).toHaveBeenCalledTimes(1)
  })
})

describe("breaks", () => {
  test("it comes back after longer and longer pauses, and asks for everything again", () => {
    socket.want("NSE:INFY", "quote")
    socket.join("runs")
    connect()
    const asked = [...wire().sent]
    wire().end(1006)
    expect(socket.status().link).toBe("lost")
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = wires.length
      vi.advanceTimersByTime(pause - 1)
      expect(wires.length).toBe(before)
      vi.advanceTimersByTime(1)
      expect(wires.length).toBe(before + 1)
      if (pause < 15_000 || before < 7) wire().end(1006)
    }
    connect()
    expect(wire().sent).toEqual(asked)
    expect(socket.status().link).toBe("open")
  })

  test("handlers are told to read again after a break, not at the first connection", () => {
    const heard: unknown[] = []
    socket.hear((event) => heard.push(event))
    connect()
    expect(heard).toEqual([])
    wire().end(1006)
    vi.advanceTimersByTime(500)
    connect()
    expect(heard).toEqual([null])
  })

  test("a connection that says nothing for long is given up", () => {
    socket.join("events")
    connect()
    const first = wire()
    vi.advanceTimersByTime(34_000)
    first.say({ type: "heartbeat" })
    vi.advanceTimersByTime(34_000)
    expect(first.isClosed).toBe(false)
    vi.advanceTimersByTime(2_000)
    expect(first.isClosed).toBe(true)
    expect(socket.status().link).toBe("lost")
    first.say({ type: "ticks", data: { "NSE:INFY": tick(1) } })
    expect(drawings.length).toBe(0)
  })

  test("who is signed out is not tried again until something new is wanted", () => {
    socket.join("events")
    connect()
    wire().end(4401)
    expect(socket.status().link).toBe("refused")
    vi.advanceTimersByTime(120_000)
    expect(wires.length).toBe(1)
    socket.join("runs")
    expect(wires.length).toBe(2)
  })

  test("it tries at once when the browser is back", () => {
    socket.join("events")
    connect()
    wire().end(1006)
    socket.wake()
    expect(wires.length).toBe(2)
    vi.advanceTimersByTime(20_000)
    expect(wires.length).toBe(2)
  })
})
