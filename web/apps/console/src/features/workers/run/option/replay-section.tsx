import { Alert, Button, Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { LiveLineChart } from "@tradertape/ui/charts/live-line-chart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, discreet, moment, price, quantity, signedMoney } from "@tradertape/ui/format.ts"
import { History } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { symbolOf } from "@/lib/instrument"
import {
  type OptionProtectionDocument,
  type OptionReplay,
  optionCalls,
  type ReplayTrigger,
} from "@/lib/queries/option-runs"
import { ruleWords } from "../../words"

const rupees = (value: number) => signedMoney(value, 2)

const COLUMNS: Column<ReplayTrigger>[] = [
  { id: "at", header: "When", isText: true, value: (t) => t.at, cell: (t) => moment(t.at) },
  { id: "rule", header: "Rule", isText: true, value: (t) => t.rule, cell: (t) => ruleWords(t.rule) },
  {
    id: "pnl",
    header: "Profit at that time (₹)",
    value: (t) => t.pnl,
    cell: (t) => <Delta kind="money" decimals={2} value={t.pnl} />,
  },
  { id: "why", header: "Reason", isText: true, value: (t) => t.reason, cell: (t) => discreet(t.reason) },
  {
    id: "exits",
    header: "Orders it would have sent",
    isText: true,
    value: () => null,
    cell: (t) =>
      t.exits
        .map(
          (one) =>
            `${one.transaction_type} ${quantity(one.quantity)} ${symbolOf(one.instrument)}` +
            (one.price === null ? "" : ` at ${price(one.price)}`),
        )
        .join("; "),
  },
]

interface Props {
  id: string
  hasEntry: boolean
  hasProtection: boolean
  /** Rules to replay; null for the saved rules, undefined before a replay is requested. */
  tried: OptionProtectionDocument | null | undefined
  onSaved: () => void
}

/** When and why the protection would have fired since the entry, minute by minute. Changes nothing. */
export function ReplaySection({ id, hasEntry, hasProtection, tried, onSaved }: Props) {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["workers", "replay", id, tried],
    queryFn: () => optionCalls.replay(id, tried ?? null),
    enabled: hasEntry && tried !== undefined,
    retry: false,
    staleTime: 0,
  })
  return (
    <Section
      title="Protection replay"
      note="Applies the rules to each one-minute close since the entry; moves within a minute are not seen. Places no orders."
    >
      {hasEntry && hasProtection && (
        <Button
          mb="sm"
          variant="default"
          leftSection={<History size={14} />}
          loading={isFetching}
          onClick={onSaved}
        >
          Replay saved rules
        </Button>
      )}
      {!hasEntry ? (
        <EmptyState icon={<History size={28} />} title="No minutes to replay yet">
          The replay starts at the entry: once the legs are filled, their prices are recorded every minute.
        </EmptyState>
      ) : tried === undefined ? (
        <Text size="sm" c="dimmed">
          Replay the saved rules, or change the rules above and choose “Replay since entry”.
        </Text>
      ) : error ? (
        <ErrorState error={error} what="The replay" retry={refetch} />
      ) : data ? (
        <Told replay={data} isDraft={tried !== null} />
      ) : (
        <Skeleton height={220} />
      )}
    </Section>
  )
}

function Told({ replay, isDraft }: { replay: OptionReplay; isDraft: boolean }) {
  const whose = isDraft ? "The edited rules" : "The saved rules"
  const points = replay.steps.flatMap(({ at, pnl }) => (pnl === null ? [] : [{ at, value: pnl }]))
  return (
    <Stack gap="sm">
      <Alert
        color={replay.would_have_fired ? "red" : "green"}
        variant="light"
        title={
          replay.first
            ? `${whose} would have triggered: ${ruleWords(replay.first.rule)}, ${moment(replay.first.at)}`
            : `${whose} would not have triggered`
        }
        aria-label="Result of the replay"
      >
        {replay.first?.reason ?? `Checked ${count(replay.evaluated, "minute")} since the entry.`}
      </Alert>
      {points.length > 1 && (
        <LiveLineChart
          points={points}
          last={undefined}
          height={200}
          label="Profit during the replay"
          format={rupees}
        />
      )}
      {replay.triggers.length > 0 && (
        <PlainTable
          label="Rules that would have triggered"
          rows={replay.triggers}
          columns={COLUMNS}
          rowKey={(t) => `${t.index} ${t.scope} ${t.rule}`}
          minWidth={900}
        />
      )}
    </Stack>
  )
}
