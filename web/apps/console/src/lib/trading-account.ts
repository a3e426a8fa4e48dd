import type { TradingAccount } from "./queries/trading"

/** A trading account in words: a paper account by its scope, one at a broker by the broker and its number. */
export function labelOf({ scope, title, is_sandbox }: TradingAccount): string {
  return title === "Paper account" ? scope : `${title} ${scope.split(":")[1]}${is_sandbox ? ", sandbox" : ""}`
}
