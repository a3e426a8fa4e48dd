import type { Quote } from "@tradertape/api/generated/types.gen.ts"
import { describe, expect, test } from "vitest"
import { placeBetween } from "@/components/day-range"
import { movedBy, nextSorting, sortedBy } from "@/features/market/watchlist/ordering"
import { type Cells, rowPainter } from "@/features/market/watchlist/row-painter"
import type { Tick } from "@/lib/live"
import { staleFor, staleWords } from "@/lib/tick-parts"

function quote(last_price: number, net_change: number | null, volume: number): Quote {
  const close = net_change === null ? null : last_price - net_change
  return { last_price, net_change, volume, ohlc: { open: 1, high: 1, low: 1, close } } as Quote
}

const IDS = ["NSE:TCS", "NSE:INFY", "BSE:SENSEX", "NSE:GONE"]
const QUOTES = {
  "NSE:TCS": quote(3_000, 30, 10),
  "NSE:INFY": quote(1_500, -15, 99),
  "BSE:SENSEX": quote(68_000, 0, 0),
}

describe("sorting a list by a figure", () => {
  test.each([
    ["last", true, ["BSE:SENSEX", "NSE:TCS", "NSE:INFY", "NSE:GONE"]],
    ["percent", true, ["NSE:TCS", "BSE:SENSEX", "NSE:INFY", "NSE:GONE"]],
    ["percent", false, ["NSE:INFY", "BSE:SENSEX", "NSE:TCS", "NSE:GONE"]],
    ["volume", true, ["NSE:INFY", "NSE:TCS", "BSE:SENSEX", "NSE:GONE"]],
    ["name", false, ["NSE:GONE", "NSE:INFY", "BSE:SENSEX", "NSE:TCS"]],
  ] as const)("%s, descending %s", (by, isDescending, expected) => {
    expect(sortedBy(IDS, QUOTES, by, isDescending)).toEqual(expected)
  })

  test("missing prices sort last in both directions", () => {
    expect(sortedBy(IDS, QUOTES, "last", false).at(-1)).toBe("NSE:GONE")
  })
})

describe("moving a row", () => {
  test.each([
    [1, ["b", "a", "c"]],
    [2, ["b", "c", "a"]],
    [99, ["b", "c", "a"]],
    [-1, ["a", "b", "c"]],
  ])("a by %d", (places, expected) => expect(movedBy(["a", "b", "c"], "a", places)).toEqual(expected))

  test("an unknown id moves nothing", () => {
    expect(movedBy(["a"], "z", 1)).toEqual(["a"])
  })
})

test("a price is positioned between low and high, never outside", () => {
  expect(placeBetween(100, 200, 150)).toBe(0.5)
  expect(placeBetween(100, 200, 90)).toBe(0)
  expect(placeBetween(100, 200, 250)).toBe(1)
  expect(placeBetween(100, 100, 100)).toBe(0.5)
})

test("a price is stale after eight seconds, with its age", () => {
  const tick = { ts: "2026-11-20T10:00:00+05:30" } as Tick
  const at = new Date(tick.ts).getTime()
  expect(staleFor(tick, at + 8_000)).toBeNull()
  expect(staleFor(tick, at + 12_900)).toBe(12)
  expect(staleFor(undefined, at)).toBeNull()
  expect([staleWords(12), staleWords(89), staleWords(90), staleWords(7_200)]).toEqual([
    "12 s",
    "89 s",
    "2 min",
    "2 h",
  ])
})

test("a header sorts descending, then ascending, then restores the list's own order", () => {
  const first = nextSorting(null, "percent")
  expect(first).toEqual({ by: "percent", isDescending: true })
  const second = nextSorting(first, "percent")
  expect(second).toEqual({ by: "percent", isDescending: false })
  expect(nextSorting(second, "percent")).toBeNull()
  expect(nextSorting(second, "name")).toEqual({ by: "name", isDescending: false })
})

/** The parts of an element that the row painter uses; counts writes. */
class Node {
  writes = 0
  style: Record<string, string> = {}
  attributes = new Map<string, string>()
  className = ""
  title = ""
  #text = ""
  get textContent() {
    return this.#text
  }
  set textContent(text: string) {
    this.writes += 1
    this.#text = text
  }
  setAttribute(name: string, value: string) {
    this.attributes.set(name, value)
  }
  toggleAttribute(name: string, is: boolean) {
    if (is) this.attributes.set(name, "")
    else this.attributes.delete(name)
  }
}

test("a tick only writes the figures that changed", () => {
  const names = ["last", "change", "percent", "volume", "bid", "ask", "range", "fill", "mark", "age"]
  const nodes = Object.fromEntries(names.map((name) => [name, new Node()])) as Record<string, Node>
  const row = new Node()
  const paint = rowPainter(row as unknown as HTMLElement, nodes as unknown as Cells)
  const at = Date.now()
  const tick = {
    ltp: 1500.5,
    change: -15,
    change_pct: -0.99,
    volume: 250_000,
    bid: 1500,
    ask: 1500.5,
    low: 1490,
    high: 1510,
    open: 1510,
    ts: new Date(at).toISOString(),
  } as unknown as Tick
  paint(undefined, at)
  expect(nodes.last?.textContent).toBe("–")
  paint(tick, at)
  expect([nodes.last?.textContent, nodes.percent?.textContent]).toEqual(["1,500.50", "▼ −0.99%"])
  expect(nodes.percent?.className).toContain("tt-loss")
  expect(nodes.mark?.style.left).toBe("52.5%")
  const before = names.map((name) => nodes[name]?.writes)
  paint({ ...tick, ask: 1501 }, at)
  const after = names.map((name) => nodes[name]?.writes)
  expect(names.filter((_, i) => before[i] !== after[i])).toEqual(["ask"])
  paint(tick, at + 20_000)
  expect([nodes.age?.textContent, row.attributes.has("data-stale")]).toEqual(["20 s old", true])
})
