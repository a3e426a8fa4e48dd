import { ActionIcon, Select, Tooltip } from "@mantine/core"
import type { OptionSession, PreviewLeg } from "@tradertape/api/generated/types.gen.ts"
import { date, number, price } from "@tradertape/ui/format.ts"
import { ChevronDown, ChevronUp, X } from "lucide-react"
import { ScrollRegion } from "@/components/page/scroll-region"
import classes from "./builder.module.css"
import type { Leg } from "./legs"
import { LotsInput } from "./lots-input"

interface Props {
  legs: readonly Leg[]
  /** The legs as priced by the server; missing while loading. */
  worked: ReadonlyMap<string, PreviewLeg>
  session: OptionSession
  onChange: (legs: Leg[]) => void
  onMove: (leg: Leg, to: { expiry: string; strike: number }) => void
}

/** The legs with editable side, lots, strike and expiry. */
export function LegsTable({ legs, worked, session, onChange, onMove }: Props) {
  const replace = (symbol: string, change: Partial<Leg>) =>
    onChange(legs.map((leg) => (leg.symbol === symbol ? { ...leg, ...change } : leg)))
  return (
    <ScrollRegion className={classes.legs} label="Legs of the strategy">
      <table>
        <thead>
          <tr>
            <th scope="col">Side</th>
            <th scope="col">Lots</th>
            <th scope="col">Strike</th>
            <th scope="col">Expiry</th>
            <th scope="col" className={classes.figure}>
              Price
            </th>
            <th scope="col" className={`${classes.figure} ${classes.spare}`}>
              Delta
            </th>
            <th scope="col">
              <span className={classes.hidden}>Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {legs.map((leg) => (
            <LegLine
              key={leg.symbol}
              leg={leg}
              worked={worked.get(leg.symbol)}
              session={session}
              onReplace={(change) => replace(leg.symbol, change)}
              onMove={(to) => onMove(leg, to)}
              onRemove={() => onChange(legs.filter((one) => one.symbol !== leg.symbol))}
            />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

interface LineProps {
  leg: Leg
  worked: PreviewLeg | undefined
  session: OptionSession
  onReplace: (change: Partial<Leg>) => void
  onMove: (to: { expiry: string; strike: number }) => void
  onRemove: () => void
}

function LegLine({ leg, worked, session, onReplace, onMove, onRemove }: LineProps) {
  const name = worked ? `${number(worked.strike)} ${worked.option_type ?? "FUT"}` : leg.symbol
  const isBuy = leg.side === "BUY"
  return (
    <tr>
      <td>
        <Tooltip label={isBuy ? "Bought: press to sell" : "Sold: press to buy"}>
          <button
            type="button"
            className={classes.side}
            data-side={leg.side}
            onClick={() => onReplace({ side: isBuy ? "SELL" : "BUY" })}
            aria-label={`${name} is ${isBuy ? "bought" : "sold"}; change side`}
          >
            {isBuy ? "Buy" : "Sell"}
          </button>
        </Tooltip>
      </td>
      <td>
        <LotsInput name={name} lots={leg.lots} onChange={(lots) => onReplace({ lots })} />
      </td>
      <td>
        <Strike worked={worked} name={name} step={session.strike_step} onMove={onMove} />
      </td>
      <td>
        {worked?.expiry_key ? (
          <Select
            aria-label={`Expiry of ${name}`}
            size="xs"
            w={126}
            data={session.expiries.map((day) => ({ value: day, label: date(day) }))}
            value={worked.expiry_key}
            onChange={(expiry) => expiry && onMove({ expiry, strike: worked.strike ?? 0 })}
          />
        ) : (
          "–"
        )}
      </td>
      <td className={classes.figure}>{price(worked?.price)}</td>
      <td className={`${classes.figure} ${classes.spare}`}>{number(worked?.delta, 2)}</td>
      <td>
        <ActionIcon size="sm" aria-label={`Remove ${name}`} onClick={onRemove}>
          <X size={14} />
        </ActionIcon>
      </td>
    </tr>
  )
}

interface StrikeProps {
  worked: PreviewLeg | undefined
  name: string
  step: number
  onMove: (to: { expiry: string; strike: number }) => void
}

function Strike({ worked, name, step, onMove }: StrikeProps) {
  const strike = worked?.strike
  const expiry = worked?.expiry_key
  if (!strike || !expiry) return <span className="tt-muted">{name}</span>
  return (
    <span className={classes.strike}>
      <ActionIcon
        size="xs"
        aria-label={`${name}: one strike down`}
        onClick={() => onMove({ expiry, strike: strike - step })}
      >
        <ChevronDown size={13} />
      </ActionIcon>
      <span className="tt-num">{name}</span>
      <ActionIcon
        size="xs"
        aria-label={`${name}: one strike up`}
        onClick={() => onMove({ expiry, strike: strike + step })}
      >
        <ChevronUp size={13} />
      </ActionIcon>
    </span>
  )
}
