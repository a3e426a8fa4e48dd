import { accountWords } from "./portfolio-account"
import type { TradingAccount } from "./queries/trading"

/** The account every user has. */
export const FIRST_ACCOUNT = "kite:paper-a"

/** What an order moves: nothing real, the sandbox's money, or a person's own. */
export type MoneyMode = "PAPER" | "SANDBOX" | "LIVE"

/** A trading account in words: a paper account by its scope, one at a broker by the broker and its number. */
export function labelOf({ scope, title, is_sandbox }: TradingAccount): string {
  return title === "Paper account"
    ? accountWords(scope)
    : `${title} ${scope.split(":")[1]}${is_sandbox ? ", sandbox" : ""}`
}

/**
 * What orders on an account move; null while it is not known. An account that is not among a person's is taken for
 * real money.
 */
export function modeOf(
  accounts: readonly Pick<TradingAccount, "scope" | "kind" | "is_sandbox">[] | undefined,
  scope: string,
): MoneyMode | null {
  if (scope === FIRST_ACCOUNT) return "PAPER"
  if (!accounts) return null
  const account = accounts.find((one) => one.scope === scope)
  if (account?.kind === "paper") return "PAPER"
  return account?.is_sandbox ? "SANDBOX" : "LIVE"
}
