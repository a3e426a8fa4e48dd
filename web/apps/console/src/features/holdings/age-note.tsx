import type { Answer, AtBroker } from "@/lib/queries/portfolio"
import { useBrokerTitles } from "./broker-filter"
import classes from "./holdings.module.css"

function aged(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  return seconds < 3_600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`
}

const brokerOf = (account: string) => account.split(":")[0] ?? account

/** "As of 12 s ago", or which accounts could not be read and how old their figures are. */
export function ageWords(answer: Answer<AtBroker>, title: (broker: string) => string): string {
  const ages = new Map<string, number>()
  for (const { account, age_s } of answer.rows.filter(({ stale }) => stale))
    ages.set(account, Math.max(ages.get(account) ?? 0, age_s))
  const missing = answer.failed.filter((account) => !ages.has(account))
  const parts = [
    ...[...ages].map(
      ([account, age]) => `${title(brokerOf(account))} does not answer: its figures are ${aged(age)} old`,
    ),
    ...missing.map((account) => `${title(brokerOf(account))} could not be read and is not shown`),
  ]
  if (parts.length > 0) return parts.join(". ")
  return answer.age_s < 2 ? "As of now" : `As of ${aged(answer.age_s)} ago`
}

/** Whether a broker did not answer: totals are then of old figures, or of a part. */
const isOld = ({ rows, failed }: Answer<AtBroker>) => failed.length > 0 || rows.some(({ stale }) => stale)

export function AgeNote({ answer }: { answer: Answer<AtBroker> }) {
  const title = useBrokerTitles()
  return <span className={isOld(answer) ? "tt-warn" : undefined}>{ageWords(answer, title)}</span>
}

/** The age of a row whose broker does not answer. */
export function RowAge({ row }: { row: AtBroker }) {
  return row.stale ? <span className={classes.small}>{aged(row.age_s)} old </span> : null
}

export const rowClass = (row: AtBroker) => (row.stale ? classes.stale : undefined)

export const totalsClass = (answer: Answer<AtBroker>) =>
  isOld(answer) ? `${classes.stats} ${classes.stale}` : `${classes.stats}`
