import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

/**
 * Discreet mode (D10) hides what the formatting module writes. These tests keep amounts and quantities from being
 * written in another way: docs/decisions/0203.
 */
const WEB = fileURLToPath(new URL("../../../..", import.meta.url))
const ROOTS = ["apps/console/src", "apps/agent/src", "packages/ui/src"]
const FORMATS = "packages/ui/src/format.ts"

const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1")

const SOURCES = ROOTS.flatMap((root) =>
  readdirSync(`${WEB}/${root}`, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${root}/${name}`),
)
  .filter((path) => path !== FORMATS)
  .map((path) => ({ path, lines: withoutComments(readFileSync(`${WEB}/${path}`, "utf8")).split("\n") }))

/** Lines that have `pattern` once `allowed` is taken out of them. */
function found(pattern: RegExp, allowed: RegExp = /(?!)/g): string[] {
  return SOURCES.flatMap(({ path, lines }) =>
    lines.filter((line) => pattern.test(line.replace(allowed, ""))).map((line) => `${path}: ${line.trim()}`),
  )
}

/** Files that show what is about to be sent: order forms, and dialogs that confirm. */
const EXACT = [
  "apps/agent/src/features/reconciliation/correct-dialog.tsx",
  "apps/agent/src/features/reconciliation/doubt-card.tsx",
  "apps/agent/src/features/reconciliation/order-dialog.tsx",
  "apps/agent/src/features/signals/decide.tsx",
  "apps/agent/src/lib/correction-words.ts",
  "apps/agent/src/lib/order-words.ts",
  "apps/console/src/components/models/paper-trade.tsx",
  "apps/console/src/features/approvals/cart-page.tsx",
  "apps/console/src/features/approvals/cart/totals.ts",
  "apps/console/src/features/backtests/form/defaults.ts",
  "apps/console/src/features/gtts/form/gtt-form.tsx",
  "apps/console/src/features/gtts/settle-dialog.tsx",
  "apps/console/src/features/options/builder/create-run.tsx",
  "apps/console/src/features/portfolios/detail/action-words.ts",
  "apps/console/src/features/portfolios/detail/promote.tsx",
  "apps/console/src/features/positions/close.tsx",
  "apps/console/src/features/reconciliation/apply-action.tsx",
  "apps/console/src/features/reconciliation/correct.tsx",
  "apps/console/src/features/trading/convert-dialog.tsx",
  "apps/console/src/features/trading/ticket/preview.tsx",
  "apps/console/src/features/trading/ticket/ticket-form.tsx",
  "apps/console/src/features/workers/run/exit-dialog.tsx",
  "apps/console/src/features/workers/run/exit-words.ts",
  "apps/console/src/features/workers/run/option/enter-dialog.tsx",
  // Write the masked figures themselves.
  "packages/ui/src/components/amount.tsx",
  "packages/ui/src/components/delta.tsx",
]

describe("amounts and quantities", () => {
  it("D10: reads the sources", () => {
    expect(SOURCES.length).toBeGreaterThan(500)
  })

  it("D10: have a rupee sign from the formatting module alone", () => {
    // In headers, labels and fields, and where a pasted number is read: never before a figure.
    const sign = /\(₹( per unit)?\)|"₹( (for the strategy|premium per unit))?"|\[₹%,\\s\]/g
    expect(found(/₹|\\u20b9|\bRs\. ?\$\{/i, sign)).toEqual([])
  })

  it("D10: are formatted by the formatting module alone", () => {
    const typed = /return value\.toLocaleString\("en-IN", \{/g // what somebody types into a field
    expect(found(/Intl\.NumberFormat|toLocaleString\(|style: "currency"/, typed)).toEqual([])
  })

  it("D10: are not written by what discreet mode does not hide", () => {
    const figure =
      "quantity|_qty|units|lots|pnl|profit|charges|capital|cash|margin|invested|notional|worth|turnover"
    const market = /value \/ quantity|level\?\.quantity|tick\?\.(bid|ask)_qty|freeze_quantity|[a-z_]+_pct\b/g
    expect(
      found(new RegExp(String.raw`\b(number|plain|price|unitPrice)\([^()]*\b\w*(${figure})\b`), market),
    ).toEqual([])
  })

  it("D10: are not written as they are", () => {
    expect(found(/>\{[\w.?]+\.(quantity|units|pnl|invested|notional)\}/)).toEqual([])
    expect(found(/tt-amount/)).toEqual([])
  })

  it("D10: are shown regardless of the mode only in what is about to be sent", () => {
    const users = SOURCES.filter(({ lines }) =>
      lines.some((line) => /\bexact\b\.|\btypeof exact\b|[(,] ?exact\)|<Exact\b/.test(line)),
    )
    expect(users.map(({ path }) => path).sort()).toEqual([...EXACT].sort())
  })
})
