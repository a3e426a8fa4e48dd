import { expect, it } from "vitest"
import { paperAccounts } from "@/lib/queries/trading-accounts"

const account = (account_scope: string, kind: "paper" | "broker") => ({
  account_scope,
  kind,
  broker: "kite",
  market: kind === "paper" ? "simulated" : null,
  opening_cash: 0,
  cash: -470,
  mark_to_market: 0,
  created_at: "2026-11-27T10:00:00+05:30",
  environment: kind === "paper" ? null : ("sandbox" as const),
})

it("an account at a broker is not listed among the paper accounts", () => {
  const items = [account("kite:paper-a", "paper"), account("kite:SB0001", "broker")]
  expect(paperAccounts({ items }).map((one) => one.account_scope)).toEqual(["kite:paper-a"])
})
