const ACCOUNT = /^model:(\d+):\d+$/
const RUN = /^portfolio:(\d+):/

/** The model portfolio whose own paper account this is; null for any other account. */
export function portfolioOfAccount(scope: string): string | null {
  return ACCOUNT.exec(scope)?.[1] ?? null
}

/** The model portfolio that a run's id names; null for a worker's run and for what is done by hand. */
export function portfolioOfRun(run: string | null): string | null {
  return run === null ? null : (RUN.exec(run)?.[1] ?? null)
}

/** An account as people name it: that of a portfolio by the portfolio, any other by its scope. */
export function accountWords(scope: string): string {
  const portfolio = portfolioOfAccount(scope)
  return portfolio === null ? scope : `Portfolio ${portfolio}`
}

/** Accounts on which orders are placed by hand: those of portfolios take none. */
export function takingOrders<T extends { scope: string }>(accounts: readonly T[]): T[] {
  return accounts.filter(({ scope }) => portfolioOfAccount(scope) === null)
}
