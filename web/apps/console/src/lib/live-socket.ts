/** The WebSocket for live data. Subscriptions are kept here and sent again after every reconnect. */

import type { AccountEvent, Tick, TickMode } from "./live-types"

/** idle: no subscriptions. refused: the server rejected the session, so retrying would not help. */
export type Link = "idle" | "connecting" | "open" | "lost" | "refused"

export interface FeedStatus {
  link: Link
  connected: boolean
  source: string
  /** The source in words, such as "live NSE through Zerodha Kite". */
  label?: string
  simulated: boolean
  demo: boolean
  stale: boolean
  /** Of the last tick, to the minute; null before the first. */
  last_tick_at?: string | null
  reason: string
}

/** `null`: the connection was lost and events may have been missed, so refetch. */
export type EventHandler = (event: AccountEvent | null) => void

/** The part of WebSocket in use, so that tests can provide a fake. */
export interface Socket {
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  send(text: string): void
  close(): void
}

interface Options {
  open: () => Socket
  /** Run before the next animation frame. */
  schedule: (work: () => void) => void
  random: () => number
  /** The server trades another market now: nothing of the former one may stay on the page. */
  switched: () => void
}

interface Message {
  type?: string
  channel?: string
  data?: unknown
  [key: string]: unknown
}

const MIN_RETRY_MS = 500
const MAX_RETRY_MS = 15_000
/** The server sends a message at least every 15 s. */
const SILENCE_MS = 35_000
const SYNC_MS = 30
/** Consecutive pages often share subscriptions: keep unused ones for a moment. */
const LINGER_MS = 2_000
const MAX_SYMBOLS = 500
const REFUSED_CODES = new Set([4401, 4403])
const MODES: TickMode[] = ["ltp", "quote", "full"]
const NO_FEED = { connected: false, source: "", simulated: false, demo: false, stale: false, reason: "" }

export class LiveSocket {
  readonly #options: Options
  readonly #ticks = new Map<string, Tick>()
  readonly #channels = new Map<string, unknown>()
  readonly #pendingTicks = new Map<string, Tick>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #statusListeners = new Set<() => void>()
  readonly #handlers = new Set<EventHandler>()
  /** Number of subscribers by instrument and mode, and by channel. */
  readonly #symbols = new Map<string, Map<TickMode, number>>()
  readonly #topics = new Map<string, number>()
  readonly #sentSymbols = new Map<string, TickMode>()
  readonly #sentTopics = new Set<string>()
  #status: FeedStatus = { link: "idle", ...NO_FEED }
  /** The market of the last status: the one after a lost connection may be another's. */
  #source = ""
  #socket: Socket | null = null
  #failures = 0
  #lastMessageAt = 0
  #wasLost = false
  #syncTimer: ReturnType<typeof setTimeout> | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #silenceTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Subscribe to the ticks of an instrument. Returns a function that unsubscribes. */
  subscribeTicks(id: string, mode: TickMode): () => void {
    const modes = this.#symbols.get(id) ?? new Map<TickMode, number>()
    this.#symbols.set(id, modes)
    modes.set(mode, (modes.get(mode) ?? 0) + 1)
    this.#scheduleSync()
    return once(() =>
      setTimeout(() => {
        const left = (modes.get(mode) ?? 1) - 1
        if (left > 0) modes.set(mode, left)
        else modes.delete(mode)
        if (modes.size === 0) this.#symbols.delete(id)
        this.#scheduleSync()
      }, LINGER_MS),
    )
  }

  /** Subscribe to a channel. Returns a function that unsubscribes. */
  subscribeChannel(topic: string): () => void {
    this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1)
    this.#scheduleSync()
    return once(() =>
      setTimeout(() => {
        const left = (this.#topics.get(topic) ?? 1) - 1
        if (left > 0) this.#topics.set(topic, left)
        else this.#topics.delete(topic)
        this.#scheduleSync()
      }, LINGER_MS),
    )
  }

  /** Receive all events of the account. Returns a function that unsubscribes. */
  subscribeEvents(handler: EventHandler): () => void {
    this.#handlers.add(handler)
    const unsubscribe = this.subscribeChannel("events")
    return () => {
      this.#handlers.delete(handler)
      unsubscribe()
    }
  }

  /** Call `listener` when the tick of an instrument or the value of a channel changes. */
  onChange(key: string, listener: () => void): () => void {
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

  /** Time of the last message in milliseconds of this browser's clock; 0 before the first. */
  lastMessageAt(): number {
    return this.#lastMessageAt
  }

  onStatusChange(listener: () => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  /** Reconnect without delay: the browser is online or visible again. */
  reconnect(): void {
    if (this.#socket !== null || !this.#hasSubscriptions()) return
    this.#failures = 0
    clearTimeout(this.#retryTimer)
    this.#connect()
  }

  #hasSubscriptions(): boolean {
    return this.#symbols.size > 0 || this.#topics.size > 0
  }

  #connect(): void {
    this.#retryTimer = undefined
    this.#setStatus({ link: this.#wasLost ? "lost" : "connecting" })
    const socket = this.#options.open()
    this.#socket = socket
    this.#restartSilenceTimer()
    socket.onopen = () => {
      this.#setStatus({ link: "open", ...(this.#wasLost ? { source: "" } : {}) })
      this.#sync()
    }
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return
      this.#lastMessageAt = Date.now()
      this.#restartSilenceTimer()
      this.#receive(read(data))
    }
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#handleLoss(code)
    }
  }

  #handleLoss(code: number): void {
    this.#resetConnection()
    this.#wasLost = true
    if (REFUSED_CODES.has(code)) {
      this.#clearData()
      this.#setStatus({ link: "refused", ...NO_FEED })
      return
    }
    const delay = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#setStatus({ link: "lost" })
    if (!this.#hasSubscriptions()) return
    this.#retryTimer = setTimeout(() => this.#connect(), delay * (0.75 + this.#options.random() / 2))
  }

  #resetConnection(): void {
    clearTimeout(this.#silenceTimer)
    clearTimeout(this.#syncTimer)
    this.#syncTimer = undefined
    this.#socket = null
    this.#sentSymbols.clear()
    this.#sentTopics.clear()
  }

  #restartSilenceTimer(): void {
    clearTimeout(this.#silenceTimer)
    this.#silenceTimer = setTimeout(() => {
      const socket = this.#socket
      this.#handleLoss(0)
      socket?.close()
    }, SILENCE_MS)
  }

  #clearData(): void {
    this.#ticks.clear()
    this.#channels.clear()
    this.#pendingTicks.clear()
    this.#lastMessageAt = 0
    this.#source = ""
  }

  #disconnect(): void {
    const socket = this.#socket
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#resetConnection()
    this.#clearData()
    this.#wasLost = false
    this.#failures = 0
    this.#setStatus({ link: "idle", ...NO_FEED })
    socket?.close()
  }

  #scheduleSync(): void {
    if (!this.#hasSubscriptions()) {
      if (this.#socket || this.#retryTimer) this.#disconnect()
      return
    }
    if (this.#socket === null && this.#retryTimer === undefined) this.#connect()
    this.#syncTimer ??= setTimeout(() => this.#sync(), SYNC_MS)
  }

  #sync(): void {
    clearTimeout(this.#syncTimer)
    this.#syncTimer = undefined
    if (this.#socket === null || this.#status.link !== "open") return
    this.#syncTopics()
    this.#syncSymbols()
  }

  #syncTopics(): void {
    const added = [...this.#topics.keys()].filter((topic) => !this.#sentTopics.has(topic))
    const removed = [...this.#sentTopics].filter((topic) => !this.#topics.has(topic))
    for (const topic of added) this.#sentTopics.add(topic)
    for (const topic of removed) {
      this.#sentTopics.delete(topic)
      this.#channels.delete(topic)
    }
    if (added.length > 0) this.#send({ action: "subscribe", channels: added })
    if (removed.length > 0) this.#send({ action: "unsubscribe", channels: removed })
  }

  #syncSymbols(): void {
    const wanted = new Map<string, TickMode>()
    for (const [id, modes] of this.#symbols) {
      if (wanted.size < MAX_SYMBOLS) wanted.set(id, richest(modes))
    }
    const removed = [...this.#sentSymbols.keys()].filter((id) => !wanted.has(id))
    for (const id of removed) {
      this.#sentSymbols.delete(id)
      this.#ticks.delete(id)
    }
    if (removed.length > 0) this.#send({ action: "unsubscribe", symbols: removed })
    for (const mode of MODES) {
      const ids = [...wanted].filter(([id, one]) => one === mode && this.#sentSymbols.get(id) !== mode)
      for (const [id] of ids) this.#sentSymbols.set(id, mode)
      if (ids.length > 0) this.#send({ action: "subscribe", symbols: ids.map(([id]) => id), mode })
    }
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message))
  }

  #receive(message: Message): void {
    if (message.type === "ticks") {
      this.#queueTicks(Object.entries(message.data as Record<string, Tick>))
    } else if (message.type === "channel" && message.channel) {
      this.#channels.set(message.channel, message.data)
      this.#notify(message.channel)
    } else if (message.type === "event") {
      for (const handler of this.#handlers) handler(message as unknown as AccountEvent)
    } else if (message.type === "status") {
      this.#receiveStatus(message)
    }
  }

  #receiveStatus(message: Message): void {
    this.#failures = 0
    const source = String(message.source ?? "")
    const former = this.#source
    if (source !== "") this.#source = source
    if (former !== "" && source !== "" && former !== source) this.#forgetPrices()
    this.#setStatus({
      connected: message.connected === true,
      source,
      label: String(message.label ?? ""),
      simulated: message.simulated === true,
      demo: message.demo === true,
      stale: message.stale === true,
      last_tick_at: typeof message.last_tick_at === "string" ? message.last_tick_at : null,
      reason: String(message.reason ?? ""),
    })
    if (!this.#wasLost) return
    this.#wasLost = false
    for (const handler of this.#handlers) handler(null)
  }

  #forgetPrices(): void {
    const shown = [...this.#ticks.keys()]
    this.#ticks.clear()
    this.#pendingTicks.clear()
    for (const id of shown) this.#notify(id)
    this.#options.switched()
  }

  #queueTicks(ticks: [string, Tick][]): void {
    const isFirst = this.#pendingTicks.size === 0
    for (const [id, tick] of ticks) this.#pendingTicks.set(id, tick)
    if (isFirst && ticks.length > 0) this.#options.schedule(() => this.#flushTicks())
  }

  #flushTicks(): void {
    const shown = [...this.#pendingTicks]
    this.#pendingTicks.clear()
    for (const [id, tick] of shown) this.#ticks.set(id, tick)
    for (const [id] of shown) this.#notify(id)
  }

  #notify(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener()
  }

  #setStatus(change: Partial<FeedStatus>): void {
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
