import { Alert, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { instant } from "@tradertape/ui/format.ts"
import { TriangleAlert } from "lucide-react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { type TradingAccount, tradingAccountsQuery } from "@/lib/queries/trading"
import { labelOf } from "@/lib/trading-account"
import { Mode } from "./cells"
import classes from "./trading.module.css"

/** Money of each account: what is free for orders, and what uses the rest. */
export function FundsTab() {
  const accounts = useQuery(tradingAccountsQuery)
  if (accounts.error && !accounts.data)
    return <ErrorState error={accounts.error} what="Your funds" retry={() => void accounts.refetch()} />
  if (!accounts.data) return <Skeleton height={220} />
  return (
    <div className={classes.accounts}>
      {accounts.data.map((account) => (
        <Account key={account.scope} account={account} />
      ))}
    </div>
  )
}

const FIGURES = [
  ["Cash", "cash", false],
  ["Paid in for open futures", "mark_to_market", true],
  ["Used", "used", false],
  ["Shares at cost", "delivery", false],
  ["Unrealised", "unrealised", true],
  ["Realised", "realised", true],
  ["Charges", "charges", false],
] as const

function Account({ account }: { account: TradingAccount }) {
  const { funds, blocked } = account
  return (
    <Section
      title={labelOf(account)}
      action={
        <Mode environment={account.kind === "paper" ? "paper" : account.is_sandbox ? "sandbox" : "live"} />
      }
      note={funds?.as_of ? `As of ${instant(funds.as_of)}${funds.stale ? ", outdated" : ""}` : undefined}
    >
      {funds ? (
        <dl className={classes.money} aria-label={`Funds of ${account.scope}`}>
          <Stat big label="Available" value={<Amount value={funds.available} />} />
          {FIGURES.map(([label, name, signed]) => {
            const value = funds[name]
            if (value === null || (name === "mark_to_market" && value === 0)) return null
            return (
              <Stat
                key={name}
                label={label}
                value={signed ? <Delta kind="money" decimals={2} value={value} /> : <Amount value={value} />}
              />
            )
          })}
        </dl>
      ) : (
        "The broker has not been read yet: funds appear after the first order or reading."
      )}
      {blocked.map(({ code, message }) => (
        <Alert key={code} color="yellow" variant="light" mt="sm" icon={<TriangleAlert size={16} />}>
          {message}
        </Alert>
      ))}
    </Section>
  )
}
