import type { TradingPosition } from "@/lib/queries/trading"

type Counted = Pick<TradingPosition, "environment" | "unrealised" | "value">

const MONEY = [
  ["live", "real money"],
  ["sandbox", "sandbox"],
  ["paper", "paper"],
] as const

interface Total {
  /** Whose money it is, where there are several kinds. */
  name: string
  unrealised: number
  value: number
}

/** The totals of positions, in rupees. Real money, the sandbox's and paper are never added up. */
export function totalsByMoney(rows: readonly Counted[]): Total[] {
  const kinds = MONEY.filter(([environment]) => rows.some((one) => one.environment === environment))
  return kinds.map(([environment, words]) => {
    const own = rows.filter((one) => one.environment === environment)
    return {
      name: kinds.length > 1 ? `, ${words}` : "",
      unrealised: own.reduce((sum, one) => sum + one.unrealised, 0),
      value: own.reduce((sum, one) => sum + one.value, 0),
    }
  })
}
