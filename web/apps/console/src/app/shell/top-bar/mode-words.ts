export type TradedWith = "paper" | "sandbox" | "live"

export const MODES: Record<TradedWith, { text: string; hint: string }> = {
  paper: { text: "PAPER", hint: "Orders are filled by the paper market. No real money moves." },
  sandbox: {
    text: "SANDBOX",
    hint: "At least one run or portfolio trades live on the sandbox. Orders, shares and money there are not real.",
  },
  live: { text: "LIVE", hint: "At least one run or portfolio trades with real money at your broker." },
}

/** What active runs and portfolios trade with. Where it is not known to be the sandbox, live is real money. */
export function tradedWith(hasLiveRuns: boolean, isOnlySandbox: boolean): TradedWith {
  if (!hasLiveRuns) return "paper"
  return isOnlySandbox ? "sandbox" : "live"
}
