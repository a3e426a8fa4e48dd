import { Select, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, signedMoney } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { CalendarDays } from "lucide-react"
import { useCallback, useState } from "react"
import { calendarOption } from "@/components/charts/calendar-option"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Cell, ClosedDay } from "@/lib/queries/journal"
import classes from "./journal.module.css"
import type { TabProps } from "./tab-props"

const THIS_YEAR = new Date().getFullYear()
const YEARS = Array.from({ length: 15 }, (_, back) => String(THIS_YEAR - back))
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

/** When trades were opened, and what each day brought. */
export function CalendarTab({ queries }: TabProps) {
  const [year, setYear] = useState(String(THIS_YEAR))
  const days = useQuery(queries.calendar(Number(year)))
  const cells = useQuery(queries.heatMap)
  return (
    <Stack gap="md" mt="md">
      <Section
        title="Profit and loss by day"
        note="Net, on the day a trade was closed."
        action={
          <Select
            aria-label="Year"
            w={90}
            data={YEARS}
            value={year}
            onChange={(next) => setYear(next ?? YEARS[0] ?? "")}
          />
        }
      >
        <Loaded query={days} what="The calendar">
          {(found) =>
            found.length === 0 ? (
              <EmptyState icon={<CalendarDays size={28} />} title={`Nothing was closed in ${year}`}>
                Choose another year.
              </EmptyState>
            ) : (
              <Days days={found} year={year} />
            )
          }
        </Loaded>
      </Section>
      <Section title="Weekdays and hours" note="Of the first trade, IST; net of closed trades.">
        <Loaded query={cells} what="The hours">
          {(found) =>
            found.length === 0 ? (
              <EmptyState icon={<CalendarDays size={28} />} title="No closed trade yet">
                Trades are counted once they are closed.
              </EmptyState>
            ) : (
              <Hours cells={found} />
            )
          }
        </Loaded>
      </Section>
    </Stack>
  )
}

function Days({ days, year }: { days: ClosedDay[]; year: string }) {
  const option = useCallback(
    (tokens: Tokens) =>
      calendarOption(
        days.map(({ day, net }) => [day, net]),
        year,
        tokens,
      ),
    [days, year],
  )
  const sum = days.reduce((all, { net }) => all + net, 0)
  return (
    <>
      <ScrollRegion label="Profit and loss by day, calendar" style={{ overflowX: "auto" }}>
        <div style={{ minWidth: 820 }}>
          <EChart
            option={option}
            height={158}
            label={`Profit and loss of each day of ${year} on a calendar`}
          />
        </div>
      </ScrollRegion>
      <div>
        {count(days.length, "day")} with a closed trade, together <Delta kind="money" value={sum} />
      </div>
    </>
  )
}

function Hours({ cells }: { cells: Cell[] }) {
  const hours = [...new Set(cells.map(({ hour }) => hour))].sort((a, b) => (a ?? 99) - (b ?? 99))
  const rows = WEEKDAYS.map((name, weekday) => ({
    name,
    cells: hours.map((hour) => cells.find((one) => one.weekday === weekday && one.hour === hour)),
  })).filter(({ cells: of }) => of.some(Boolean))
  const most = Math.max(1, ...cells.map(({ net }) => Math.abs(net)))
  return (
    <ScrollRegion label="Net by weekday and hour" style={{ overflowX: "auto" }}>
      <table className={classes.heat}>
        <thead>
          <tr>
            <th scope="col">Opened on</th>
            {hours.map((hour) => (
              <th key={hour ?? "none"} scope="col">
                {hour === null ? "No time" : `${String(hour).padStart(2, "0")}:00`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, place) => (
                <HourCell key={hours[place] ?? "none"} cell={cell} most={most} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

function HourCell({ cell, most }: { cell: Cell | undefined; most: number }) {
  if (!cell) return <td />
  const tone = cell.net >= 0 ? "gain" : "loss"
  const strength = (0.06 + (0.24 * Math.abs(cell.net)) / most).toFixed(2)
  return (
    <td
      style={{ background: `rgba(var(--tt-rgb-${tone}), ${strength})` }}
      title={`${count(cell.count, "trade")}, ${cell.wins} won`}
    >
      <span>{signedMoney(cell.net)}</span>
    </td>
  )
}
