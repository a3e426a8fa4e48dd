import { portfolioOfAccount, portfolioOfRun } from "@/lib/portfolio-account"

/** Whether an account is a model portfolio's own. */
export const isOfPortfolio = (scope: string) => portfolioOfAccount(scope) !== null

/** Whether a position was made by orders that were not placed through TraderTape. */
export const isOfElsewhere = (run: string | null) => run === "external-orders"

/** The model portfolio that placed or holds something, on its own account or at a broker; null for none. */
export const portfolioOf = (scope: string, run: string | null): string | null =>
  portfolioOfAccount(scope) ?? portfolioOfRun(run)
