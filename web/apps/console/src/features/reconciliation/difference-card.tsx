import { Badge, Button, Menu } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { date, discreet, instant, percent, quantity as unitsText } from "@tradertape/ui/format.ts"
import { LinkButton } from "@/components/page/link-button"
import { symbolOf } from "@/lib/instrument"
import { notifyFailure } from "@/lib/notify"
import { type Difference, type Reconciliation, reconciliationCalls } from "@/lib/queries/reconciliation"
import { ApplyAction } from "./apply-action"
import { BuyBack } from "./buy-back"
import { Correct } from "./correct"
import { ExternalTrades } from "./external-trades"
import classes from "./reconciliation.module.css"
import { adviceOf, CAUSES } from "./words"

interface Props {
  item: Difference
  onReport: (next: Reconciliation) => void
}

const CHOICES = [
  { label: "This difference, until it changes", exact: true, days: null },
  { label: "This instrument, for 30 days", exact: false, days: 30 },
  { label: "This instrument, until undone", exact: false, days: null },
] as const

/** One instrument whose quantities differ: both numbers, the cause with its evidence, what to do. */
export function DifferenceCard({ item, onReport }: Props) {
  const failed = (error: Error) => notifyFailure("Nothing was changed", error)
  const ignoring = useMutation({
    mutationFn: ({ exact, days }: { exact: boolean; days: number | null }) =>
      reconciliationCalls.ignore({
        account_scope: item.account_scope,
        instrument: item.instrument,
        difference: exact ? item.difference : null,
        days,
      }),
    onSuccess: onReport,
    onError: failed,
  })
  const again = useMutation({
    mutationFn: () => reconciliationCalls.reportAgain(item),
    onSuccess: onReport,
    onError: failed,
  })
  const { holdings, t1, positions, pledged, mtf } = item.broker_detail
  const places = [
    [holdings, "in holdings"],
    [t1, "not settled"],
    [positions, "in positions"],
    [pledged, "pledged"],
    [mtf, "margin funded"],
  ] as const
  const symbol = symbolOf(item.instrument)
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <Link to="/market/$id" params={{ id: item.instrument }} className={classes.who}>
          {symbol}
        </Link>
        <Badge className={classes.badge} color={item.status === "new" ? "gray" : COLORS[item.severity]}>
          {item.status === "new" ? "Seen once" : CAUSES[item.classification]}
        </Badge>
        <span className={classes.small}>{item.account_scope}</span>
      </div>
      <dl className={classes.numbers}>
        <Figure label="TraderTape" value={unitsText(item.our_quantity)} />
        <Figure label="Broker" value={unitsText(item.broker_quantity)} />
        <Figure label="Difference" value={`${item.difference > 0 ? "+" : ""}${unitsText(item.difference)}`} />
        <div>
          <dt>Value at risk</dt>
          <dd>
            <Amount value={item.value_at_risk} />
          </dd>
        </div>
      </dl>
      <p className={classes.text}>
        {CAUSES[item.classification]} ({percent(item.confidence * 100, 0)} sure):{" "}
        {discreet(item.evidence.join(", "))}.{" "}
        <span className={classes.small}>
          {places
            .filter(([units]) => units !== 0)
            .map(([units, where]) => `${unitsText(units)} ${where}`)
            .join(", ") || "Nothing at the broker"}
          {item.owners.map(({ owner, quantity }) => `; ${owner}: ${unitsText(quantity)}`).join("")}. Since{" "}
          {instant(item.first_seen)}.
        </span>
      </p>
      <ExternalTrades item={item} />
      <div className={classes.foot}>
        <span className={classes.small}>{adviceOf(item)}</span>
        {item.ignored ? (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Report ${symbol} again`}
            loading={again.isPending}
            onClick={() => again.mutate()}
          >
            Report again
            {item.ignored_until ? ` (ignored until ${date(item.ignored_until)})` : ""}
          </Button>
        ) : (
          <span className={classes.choices}>
            {item.can_import_tradebook && (
              <LinkButton
                to="/uploads"
                size="compact-xs"
                variant="default"
                aria-label={`Import the tradebook that has ${symbol}`}
              >
                Import tradebook
              </LinkButton>
            )}
            <ApplyAction item={item} onReport={onReport} />
            <Correct item={item} onReport={onReport} />
            {item.can_buy_back && (
              <BuyBack account={item.account_scope} instrument={item.instrument} units={-item.difference} />
            )}
            <Menu position="bottom-end" width={250}>
              <Menu.Target>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Ignore ${symbol}`}
                  loading={ignoring.isPending}
                >
                  Ignore
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {CHOICES.map((choice) => (
                  <Menu.Item key={choice.label} onClick={() => ignoring.mutate(choice)}>
                    {choice.label}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          </span>
        )}
      </div>
    </li>
  )
}

const COLORS = { low: "gray", medium: "yellow", high: "red" } as const

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="tt-num">{value}</dd>
    </div>
  )
}
