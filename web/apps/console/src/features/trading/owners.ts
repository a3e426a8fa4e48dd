import { portfolioOfAccount } from "@/lib/portfolio-account"

/** Whether an account is a model portfolio's own. */
export const isOfPortfolio = (scope: string) => portfolioOfAccount(scope) !== null

/** Whether a position was made by orders that were not placed through TraderTape. */
export const isOfElsewhere = (run: string | null) => run === "external-orders"
