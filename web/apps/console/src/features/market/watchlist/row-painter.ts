import { price, signed, signedPercent, unitsShort } from "@tradertape/ui/format.ts"
import { rangeOf } from "@/components/day-range"
import { flash } from "@/components/states/flash"
import type { Tick } from "@/lib/live"
import { staleFor, staleWords } from "@/lib/tick-parts"

/** The DOM nodes of a row that are updated directly, by their `data-cell`. */
export type Cells = Record<
  "last" | "change" | "percent" | "volume" | "bid" | "ask" | "range" | "fill" | "mark" | "age",
  HTMLElement
>

/** Find the cells of a rendered row. */
export function cellsOf(row: HTMLElement): Cells {
  const found = [...row.querySelectorAll<HTMLElement>("[data-cell]")]
  return Object.fromEntries(found.map((node) => [node.dataset.cell, node])) as Cells
}

/** Write text directly into a node if it changed, so that ticks render no component. */
export function rowPainter(row: HTMLElement, cells: Cells) {
  const written = new Map<HTMLElement, string>()
  let before: number | undefined
  const write = (node: HTMLElement, text: string): boolean => {
    if (written.get(node) === text) return false
    written.set(node, text)
    node.textContent = text
    return true
  }
  const paintPercent = (percent: number | null | undefined) => {
    const text = percent == null ? "–" : signedPercent(percent, 2)
    const isFlat = !/[1-9]/.test(text)
    const arrow = isFlat ? "" : text.startsWith("+") ? "▲ " : "▼ "
    if (!write(cells.percent, arrow + text.replace("+", ""))) return
    cells.percent.className = `tt-num ${isFlat ? "tt-muted" : arrow === "▲ " ? "tt-gain" : "tt-loss"}`
  }
  const paintRange = (tick: Tick | undefined) => {
    const range = rangeOf(tick?.low, tick?.high, tick?.open, tick?.ltp)
    if (!range || written.get(cells.range) === range.words) return
    written.set(cells.range, range.words)
    cells.range.setAttribute("aria-label", range.words)
    cells.range.title = range.words
    cells.fill.toggleAttribute("data-up", range.at >= range.from)
    cells.fill.style.left = `${Math.min(range.at, range.from)}%`
    cells.fill.style.width = `${Math.abs(range.at - range.from)}%`
    cells.mark.style.left = `${range.at}%`
  }
  return (tick: Tick | undefined, now_ms: number): void => {
    write(cells.last, price(tick?.ltp))
    if (before !== undefined) flash(cells.last, before, tick?.ltp)
    before = tick?.ltp
    write(cells.change, signed(tick?.change, 2))
    paintPercent(tick?.change_pct)
    write(cells.volume, tick?.volume ? unitsShort(tick.volume) : "–")
    write(cells.bid, price(tick?.bid))
    write(cells.ask, price(tick?.ask))
    paintRange(tick)
    const age = staleFor(tick, now_ms)
    row.toggleAttribute("data-stale", age !== null)
    write(cells.age, age === null ? "" : `${staleWords(age)} old`)
  }
}
