/** One connection for everything live: what is wanted is kept here, and asked for again after every break. */

import type { AccountEvent, Tick, TickMode } from "./live-types"

/** idle: nothing is wanted. refused: the server will not have us, and trying again would not help. */
export type Link = "idle" | "connecting" | "open" | "lost" | "refused"

export interface FeedStatus {
  link: Link
  connected: boolean
  source: string
  simulated: boolean
  demo: boolean
  stale: boolean
  reason: string
}

/** `null` says that the connection was broken and events may have been missed: read again. */
export type EventHandler = (event: AccountEvent | null) => void

/** The part of a WebSocket that is used, so that tests can play the server. */
export interface Wire {
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  send(text: string): void
  close(): void
}

interface Options {
  open: () => Wire
  /** Runs before the next picture is drawn. */
  soon: (work: () => void) => void
  random: () => number
}

interface Message {
  type?: string
  channel?: string
  data?: unknown
  [key: string]: unknown
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** The server says something at least every 15 s. */
const SILENT_MS = 35_000
const ASK_MS = 30
/** A page that follows another wants much the same: what nobody wants is kept for a moment. */
const LINGER_MS = 2_000
const MOST_SYMBOLS = 500
const NOT_OURS = new Set([4401, 4403])
const MODES: TickMode[] = ["ltp", "quote", "full"]
const NO_FEED = { connected: false, source: "", simulated: false, demo: false, stale: false, reason: "" }

export class LiveSocket {
  readonly #options: Options
  readonly #ticks = new Map<string, Tick>()
  readonly #channels = new Map<string, unknown>()
  readonly #fresh = new Map<string, Tick>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #statusListeners = new Set<() => void>()
  readonly #handlers = new Set<EventHandler>()
  /** How many want an instrument, by mode; how many want a channel. */
  readonly #symbols = new Map<string, Map<TickMode, number>>()
  readonly #topics = new Map<string, number>()
  readonly #askedSymbols = new Map<string, TickMode>()
  readonly #askedTopics = new Set<string>()
  #status: FeedStatus = { link: "idle", ...NO_FEED }
  #wire: Wire | null = null
  #failures = 0
  #heardAt = 0
  #wasBroken = false
  #asking: ReturnType<typeof setTimeout> | undefined
  #retrying: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Want ticks of an instrument until the returned function is called. */
  want(id: string, mode: TickMode): () => void {
    const modes = this.#symbols.get(id) ?? new Map<TickMode, number>()
    this.#symbols.set(id, modes)
    modes.set(mode, (modes.get(mode) ?? 0) + 1)
    this.#changed()
    return once(() =>
      setTimeout(() => {
        const left = (modes.get(mode) ?? 1) - 1
        if (left > 0) modes.set(mode, left)
        else modes.delete(mode)
        if (modes.size === 0) this.#symbols.delete(id)
        this.#changed()
      }, LINGER_MS),
    )
  }

  /** Want what is said on a channel until the returned function is called. */
  join(topic: string): () => void {
    this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1)
    this.#changed()
    return once(() =>
      setTimeout(() => {
        const left = (this.#topics.get(topic) ?? 1) - 1
        if (left > 0) this.#topics.set(topic, left)
        else this.#topics.delete(topic)
        this.#changed()
      }, LINGER_MS),
    )
  }

  /** Hear every event of the account. */
  hear(handler: EventHandler): () => void {
    this.#handlers.add(handler)
    const leave = this.join("events")
    return () => {
      this.#handlers.delete(handler)
      leave()
    }
  }

  /** Be told when a tick or a channel's value changes. */
  listen(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(key)
    }
  }

  tick(id: string): Tick | undefined {
    return this.#ticks.get(id)
  }

  channel(topic: string): unknown {
    return this.#channels.get(topic)
  }

  status(): FeedStatus {
    return this.#status
  }

  /** When anything was last heard, in milliseconds of this browser's clock; 0 before that. */
  heardAt(): number {
    return this.#heardAt
  }

  listenStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  /** Try again at once: the browser is online or in front again. */
  wake(): void {
    if (this.#wire !== null || !this.#isWanted()) return
    this.#failures = 0
    clearTimeout(this.#retrying)
    this.#connect()
  }

  // --- the connection ---------------------------------------------------------------------------

  #isWanted(): boolean {
    return this.#symbols.size > 0 || this.#topics.size > 0
  }

  #connect(): void {
    this.#retrying = undefined
    this.#tell({ link: this.#wasBroken ? "lost" : "connecting" })
    const wire = this.#options.open()
    this.#wire = wire
    this.#expectSound()
    wire.onopen = () => {
      this.#tell({ link: "open" })
      this.#ask()
    }
    wire.onmessage = ({ data }) => {
      if (wire !== this.#wire) return
      this.#heardAt = Date.now()
      this.#expectSound()
      this.#take(read(data))
    }
    wire.onclose = ({ code }) => {
      if (wire === this.#wire) this.#lose(code)
    }
  }

  #lose(code: number): void {
    this.#drop()
    this.#wasBroken = true
    if (NOT_OURS.has(code)) {
      this.#forget()
      this.#tell({ link: "refused", ...NO_FEED })
      return
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#tell({ link: "lost" })
    if (!this.#isWanted()) return
    this.#retrying = setTimeout(() => this.#connect(), pause * (0.75 + this.#options.random() / 2))
  }

  #drop(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#asking)
    this.#asking = undefined
    this.#wire = null
    this.#askedSymbols.clear()
    this.#askedTopics.clear()
  }

  #expectSound(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      const wire = this.#wire
      this.#lose(0)
      wire?.close()
    }, SILENT_MS)
  }

  #forget(): void {
    this.#ticks.clear()
    this.#channels.clear()
    this.#fresh.clear()
    this.#heardAt = 0
  }

  #leave(): void {
    const wire = this.#wire
    clearTimeout(this.#retrying)
    this.#retrying = undefined
    this.#drop()
    this.#forget()
    this.#wasBroken = false
    this.#failures = 0
    this.#tell({ link: "idle", ...NO_FEED })
    wire?.close()
  }

  // --- what is asked ----------------------------------------------------------------------------

  #changed(): void {
    if (!this.#isWanted()) {
      if (this.#wire || this.#retrying) this.#leave()
      return
    }
    if (this.#wire === null && this.#retrying === undefined) this.#connect()
    this.#asking ??= setTimeout(() => this.#ask(), ASK_MS)
  }

  #ask(): void {
    clearTimeout(this.#asking)
    this.#asking = undefined
    if (this.#wire === null || this.#status.link !== "open") return
    this.#askTopics()
    this.#askSymbols()
  }

  #askTopics(): void {
    const added = [...this.#topics.keys()].filter((topic) => !this.#askedTopics.has(topic))
    const left = [...this.#askedTopics].filter((topic) => !this.#topics.has(topic))
    for (const topic of added) this.#askedTopics.add(topic)
    for (const topic of left) {
      this.#askedTopics.delete(topic)
      this.#channels.delete(topic)
    }
    if (added.length > 0) this.#send({ action: "subscribe", channels: added })
    if (left.length > 0) this.#send({ action: "unsubscribe", channels: left })
  }

  #askSymbols(): void {
    const wanted = new Map<string, TickMode>()
    for (const [id, modes] of this.#symbols) {
      if (wanted.size < MOST_SYMBOLS) wanted.set(id, richest(modes))
    }
    const left = [...this.#askedSymbols.keys()].filter((id) => !wanted.has(id))
    for (const id of left) {
      this.#askedSymbols.delete(id)
      this.#ticks.delete(id)
    }
    if (left.length > 0) this.#send({ action: "unsubscribe", symbols: left })
    for (const mode of MODES) {
      const ids = [...wanted].filter(([id, one]) => one === mode && this.#askedSymbols.get(id) !== mode)
      for (const [id] of ids) this.#askedSymbols.set(id, mode)
      if (ids.length > 0) this.#send({ action: "subscribe", symbols: ids.map(([id]) => id), mode })
    }
  }

  #send(message: object): void {
    this.#wire?.send(JSON.stringify(message))
  }

  // --- what is heard ----------------------------------------------------------------------------

  #take(message: Message): void {
    if (message.type === "ticks") {
      this.#put(Object.entries(message.data as Record<string, Tick>))
    } else if (message.type === "channel" && message.channel) {
      this.#channels.set(message.channel, message.data)
      this.#call(message.channel)
    } else if (message.type === "event") {
      for (const handler of this.#handlers) handler(message as unknown as AccountEvent)
    } else if (message.type === "status") {
      this.#takeStatus(message)
    }
  }

  #takeStatus(message: Message): void {
    this.#failures = 0
    this.#tell({
      connected: message.connected === true,
      source: String(message.source ?? ""),
      simulated: message.simulated === true,
      demo: message.demo === true,
      stale: message.stale === true,
      reason: String(message.reason ?? ""),
    })
    if (!this.#wasBroken) return
    this.#wasBroken = false
    for (const handler of this.#handlers) handler(null)
  }

  #put(ticks: [string, Tick][]): void {
    const isFirst = this.#fresh.size === 0
    for (const [id, tick] of ticks) this.#fresh.set(id, tick)
    if (isFirst && ticks.length > 0) this.#options.soon(() => this.#show())
  }

  #show(): void {
    const shown = [...this.#fresh]
    this.#fresh.clear()
    for (const [id, tick] of shown) this.#ticks.set(id, tick)
    for (const [id] of shown) this.#call(id)
  }

  #call(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener()
  }

  #tell(change: Partial<FeedStatus>): void {
    const next = { ...this.#status, ...change }
    const isSame = (Object.keys(next) as (keyof FeedStatus)[]).every((key) => next[key] === this.#status[key])
    if (isSame) return
    this.#status = next
    for (const listener of this.#statusListeners) listener()
  }
}

function richest(modes: Map<TickMode, number>): TickMode {
  return MODES.findLast((mode) => modes.has(mode)) ?? "ltp"
}

function read(data: unknown): Message {
  try {
    return JSON.parse(String(data)) as Message
  } catch {
    return {}
  }
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}
