/** What a key may do, as its owner would say it. */
const WORDS: Record<string, { label: string; hint: string }> = {
  "signals:read": { label: "Read signals", hint: "Ask for signals that are to be placed or approved." },
  "results:write": {
    label: "Report results",
    hint: "Report orders and fills, and approve or reject signals.",
  },
  "sync:write": {
    label: "Report holdings",
    hint: "Send holdings, positions, funds and the state of the agent.",
  },
  "api:read": { label: "Read everything", hint: "Read everything in your account, as the console does." },
  "api:write": {
    label: "Change everything",
    hint: "Change everything in your account, as the console does.",
  },
  paper: { label: "Paper trading", hint: "Open runs on paper and place their orders." },
  live: { label: "Live trading", hint: "Open live runs and place orders with real money." },
  data: { label: "Market data", hint: "Read prices, candles, options and indicators." },
  gtt: { label: "GTTs", hint: "Place, change and delete GTTs of its runs." },
}

export const scopeLabel = (scope: string) => WORDS[scope]?.label ?? scope
export const scopeHint = (scope: string) => WORDS[scope]?.hint
