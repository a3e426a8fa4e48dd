/** What the buttons of a portfolio do, said with its numbers before it is done. */
import { count, exact } from "@tradertape/ui/format.ts"
import type { Dashboard, PortfolioAction, Scan } from "@/lib/queries/models"

interface Ask {
  title: string
  text: string
  verb: string
}

/** What is asked before an action, with what it ends and what it keeps. */
export function askOf(action: PortfolioAction, page: Dashboard): Ask | null {
  const { portfolio, signals, positions } = page
  const waiting = signals.pending.length + signals.in_cart.length
  const ends = `${count(waiting, "signal")} waiting and ${count(signals.live.length, "order")} at the market`
  switch (action) {
    case "pause":
      return {
        title: `Pause ${portfolio.name}?`,
        verb: "Pause",
        text: `It proposes and buys nothing until you resume it; ${ends} end now. Its ${count(positions.length, "open position")} keep their stops, targets and exits.`,
      }
    case "retire":
      return {
        title: `Retire ${portfolio.name} for good?`,
        verb: "Retire",
        text: `It is not scanned any more and cannot be resumed; ${ends} end now. Its history stays readable.`,
      }
    case "reset":
      return {
        title: `Reset ${portfolio.name}?`,
        verb: "Reset",
        text: `It begins anew with ${exact.money(portfolio.starting_capital, 0)}. ${count(positions.length, "open position")}, ${count(page.closed_trades.total, "closed trade")} and all signals leave its pages and are kept as an epoch.`,
      }
    default:
      return null
  }
}

const DONE: Record<PortfolioAction, string> = {
  pause: "is paused; its exits still run",
  resume: "is active again",
  retire: "is retired",
  reset: "begins anew",
}

export const doneText = (action: PortfolioAction, name: string): string => `${name} ${DONE[action]}`

/** What a scan found, over all the portfolios it scanned. */
export function scanText({ portfolios }: Scan): string {
  const sum = (pick: (one: Scan["portfolios"][number]) => number) =>
    portfolios.reduce((total, one) => total + pick(one), 0)
  const days = sum((one) => one.days)
  if (days === 0) return "Nothing new: the last final day was scanned already"
  return `Scanned ${count(days, "day")}: ${count(
    sum((one) => one.created),
    "new signal",
  )}, ${count(
    sum((one) => one.exits),
    "exit",
  )}`
}
