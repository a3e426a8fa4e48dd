import { Alert, Button, Group, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import {
  accountName,
  count,
  date,
  instant,
  words as inWords,
  number,
  price,
  quantity,
} from "@tradertape/ui/format.ts"
import { SideDialog } from "@/components/dialog/dialog"
import { LinkButton } from "@/components/page/link-button"
import { ErrorState } from "@/components/states/error-state"
import { figure } from "@/components/table/columns-of"
import { type Trip, tripQuery, type Words } from "@/lib/queries/journal"
import { EntryForm } from "./entry-form"
import classes from "./journal.module.css"
import { Screenshots } from "./screenshots"

interface Props {
  tripKey: string
  words: Words | undefined
  onClose: () => void
}

/** One trade: its figures, what is written about it, its pictures. */
export function TripDrawer({ tripKey, words, onClose }: Props) {
  const { data, error, refetch } = useQuery(tripQuery(tripKey))
  const title = data ? `${data.trip.symbol}, ${date(data.trip.opened_on)}` : "Trade"
  return (
    <SideDialog opened onClose={onClose} title={title} position="right" size={520}>
      {!data && error && <ErrorState error={error} what="This trade" retry={() => void refetch()} />}
      {!data && !error && <Skeleton height={420} />}
      {data && (
        <Stack gap="md">
          <Figures trip={data.trip} />
          {data.trip.has_expired && (
            <Alert color="yellow" variant="light" title="Expired, no settlement in your files">
              It is in no figure until it is known what it was worth then.{" "}
              <LinkButton to="/net-worth" search={{ tab: "holdings" }} variant="default" size="compact-xs">
                State its settlement
              </LinkButton>
            </Alert>
          )}
          {data.trip.is_estimated && (
            <Alert color="gray" variant="light">
              {data.trip.is_settled && "It was held until it expired, and ends at what it was worth. "}
              Its charges are estimated
              {data.trip.origin === "upload" ? ": the file has none" : " by the rates of the day"}.
            </Alert>
          )}
          <EntryForm key={data.trip.key} trip={data.trip} words={words} onSaved={() => void refetch()} />
          <Screenshots tripKey={tripKey} pictures={data.pictures} onChanged={() => void refetch()} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
          </Group>
        </Stack>
      )}
    </SideDialog>
  )
}

/** Where a trade is known from. */
const ORIGINS: Record<NonNullable<Trip["origin"]>, string> = {
  upload: "An upload",
  run: "A worker",
  portfolio: "A portfolio",
  hand: "An order by hand",
}

function Figures({ trip }: { trip: Trip }) {
  return (
    <dl className={classes.stats} aria-label="Figures of the trade">
      <Stat
        label="Net"
        value={
          trip.net === null ? (
            trip.has_expired ? (
              "Expired"
            ) : (
              "Open"
            )
          ) : (
            <Delta kind="money" decimals={2} value={figure(trip.net)} />
          )
        }
      />
      <Stat label="Return" value={<Delta value={trip.return_pct} decimals={2} />} />
      <Stat
        label="R multiple"
        hint="Net by what the planned stop risked."
        value={number(trip.r_multiple, 2)}
      />
      <Stat label="Charges" value={<Amount value={figure(trip.charges)} />} />
      <Stat
        label={`${inWords(trip.kind)}, ${trip.is_short ? "short" : "long"}`}
        value={`${quantity(trip.quantity)} units`}
        note={`${count(trip.trades, "trade")}${trip.is_settled ? ", the last its settlement" : ""}`}
      />
      <Stat
        label="Entry"
        value={price(figure(trip.entry_price))}
        note={trip.opened_at ? instant(trip.opened_at) : date(trip.opened_on)}
      />
      <Stat
        label="Exit"
        value={price(figure(trip.exit_price))}
        note={trip.closed_at ? instant(trip.closed_at) : trip.closed_on ? date(trip.closed_on) : undefined}
      />
      {trip.written_off && (
        <Stat
          label="Written off"
          hint="In the reconciliation: units that are gone from the broker leave for what they were sold for elsewhere, else at their cost."
          value={`${quantity(trip.written_off)} units`}
        />
      )}
      <Stat label="Account" value={accountName(trip.account)} note={inWords(trip.broker)} />
      <Stat label="From" value={ORIGINS[trip.origin ?? "upload"]} note={trip.setup || undefined} />
    </dl>
  )
}
