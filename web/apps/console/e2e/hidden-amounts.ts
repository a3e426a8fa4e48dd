import { expect, type Page } from "@playwright/test"
import { settle } from "./care"

/** Columns of amounts and quantities, whose headers may have the rupee sign instead of their cells. */
const HIDDEN =
  "quantity|qty|units|shares|bought, sold|long term|value|invested|worth|equity|cash|amount|profit|p&l|net|gain|loss|charges|cost|proceeds|tax|turnover|gap|unrealised|realised|today|day"
const SHOWN =
  "%|price|average|last|close|entry|exit|stop|target|trigger|limit|ltp|nav|return|days|date|factor|long only"

export interface Seen {
  /** Text nodes, titles and labels with a rupee amount. */
  amounts: string[]
  /** Cells of amounts and quantities with a figure. */
  cells: string[]
  /** What charts have drawn with a rupee amount. */
  drawn: string[]
  masks: number
}

/** Note what charts draw, from the first page on. */
export async function watchCanvases(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const texts: string[] = []
    Object.assign(window, { drawnTexts: texts })
    const draw = CanvasRenderingContext2D.prototype.fillText
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      texts.push(String(text))
      return draw.call(this, text, ...rest)
    }
  })
}

/** Forget what was drawn so far. */
export const forgetDrawn = (page: Page) =>
  page.evaluate(() => {
    const { drawnTexts } = window as unknown as { drawnTexts: string[] }
    drawnTexts.length = 0
  })

/** Everything on the page that says an amount or a quantity. */
export function look(page: Page): Promise<Seen> {
  return page.evaluate(
    ([hidden, shown]) => {
      const amount = /(₹|Rs\.?)\s?[\d,]*\d/
      const said: string[] = [document.title]
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!/^(SCRIPT|STYLE)$/.test(node.parentElement?.tagName ?? "")) said.push(node.textContent ?? "")
      }
      // Figures in several text nodes of one element.
      for (const element of document.querySelectorAll("td, dd, p, li, button, h2, h3"))
        said.push(element.textContent ?? "")
      for (const name of ["title", "aria-label", "aria-description", "aria-valuetext", "alt"]) {
        for (const element of document.querySelectorAll(`[${name}]`))
          said.push(element.getAttribute(name) ?? "")
      }
      const cells: string[] = []
      for (const table of document.querySelectorAll("table")) {
        if (table.closest("[aria-label*='depth' i]")) continue // the market's
        const heads = [...table.querySelectorAll("thead th")].map((head) =>
          (head.textContent ?? "").toLowerCase(),
        )
        for (const row of table.querySelectorAll("tbody tr")) {
          ;[...row.children].forEach((cell, place) => {
            const head = heads[place] ?? ""
            if (!new RegExp(`\\b(${hidden})\\b`).test(head) || new RegExp(`${shown}`).test(head)) return
            const text = (cell.textContent ?? "").replace(/[\d.,]+\s?%/g, "")
            if (/\d/.test(text)) cells.push(`${head}: ${cell.textContent}`)
          })
        }
      }
      const { drawnTexts = [] } = window as unknown as { drawnTexts?: string[] }
      const masks = (document.body.textContent ?? "").split("•••••").length - 1
      return {
        amounts: [...new Set(said.filter((text) => amount.test(text)).map((text) => text.slice(0, 160)))],
        cells: [...new Set(cells)].slice(0, 20),
        drawn: [...new Set(drawnTexts.filter((text) => amount.test(text)))].slice(0, 20),
        masks,
      }
    },
    [HIDDEN, SHOWN] as const,
  )
}

/** Point at the middle of each chart, for its tooltip. */
export async function pointAtCharts(page: Page): Promise<void> {
  for (const chart of await page.locator("figure:has(canvas), [role=img]:has(canvas)").all()) {
    if (await chart.isVisible()) await chart.hover({ timeout: 3_000 }).catch(() => null)
  }
}

/** Open a page and wait for its data. */
export async function open(page: Page, path: string): Promise<void> {
  await settle(page, path)
  await page.waitForLoadState("networkidle", { timeout: 4_000 }).catch(() => null)
}

/** Nothing on the page says an amount or a quantity. */
export async function expectHidden(page: Page, name: string): Promise<number> {
  await pointAtCharts(page)
  const { amounts, cells, drawn, masks } = await look(page)
  expect.soft({ amounts, cells, drawn }, name).toEqual({ amounts: [], cells: [], drawn: [] })
  return masks
}
