import { Alert, Badge, Button, Card, Group, List, Stack, Text, Title } from "@mantine/core"
import { downloadCsv } from "@tradertape/ui/charts/download.ts"
import { accountName, bareMoney, date, discreet, money, number } from "@tradertape/ui/format.ts"
import type { UploadedFile } from "@/lib/queries/uploads"
import { ListedHoldings } from "./listed-holdings"
import { errorRows, STATES } from "./words"

const SHOWN_ROWS = 8

/** What was read from one file: counts, totals, and what keeps it from being imported. */
export function FilePreview({ file }: { file: UploadedFile }) {
  const state = STATES[file.state]
  const { from, to } = file.period
  const listsHoldings = (file.holdings ?? []).length > 0
  const counts = [
    `${number(file.rows ?? 0)} rows`,
    `${number(file.imported ?? 0)} new`,
    `${number(file.duplicates ?? 0)} already imported`,
  ]
  const facts = [
    [file.broker, accountName(file.account ?? ""), file.segment].filter(Boolean).join(" · "),
    from && to ? `${date(from)} to ${date(to)}` : "",
    ...(listsHoldings ? [`${number(file.rows ?? 0)} holdings, no transactions`] : counts),
  ].filter(Boolean)
  return (
    <Card component="article" withBorder>
      <Stack gap="xs">
        <Group gap="xs">
          <Title order={2} size="h5" style={{ overflowWrap: "anywhere" }}>
            {file.name}
          </Title>
          <Badge color={state.color}>{state.label}</Badge>
        </Group>
        <Text size="sm">{facts.join(" · ")}</Text>
        {file.totals && (file.rows ?? 0) > 0 && !listsHoldings && (
          <Text size="sm">
            {file.kind === "ledger" ? "Credits" : "Bought"} {money(file.totals.buy_value ?? 0)},{" "}
            {file.kind === "ledger" ? "debits" : "sold"} {money(file.totals.sell_value ?? 0)}
          </Text>
        )}
        {(file.checks ?? []).map((check) => (
          <Text key={check.name} size="sm" c={check.is_off ? "red" : "dimmed"}>
            {check.name}: the file says {bareMoney(check.stated, 2)}, its rows give{" "}
            {bareMoney(check.parsed, 2)}
          </Text>
        ))}
        {file.detail && (
          <Alert color={file.state === "preview" ? "yellow" : "red"} variant="light">
            {discreet(file.detail)}
          </Alert>
        )}
        {(file.warnings ?? []).map((warning) => (
          <Text key={warning} size="sm" c="dimmed">
            {warning}
          </Text>
        ))}
        <ListedHoldings file={file} />
        <RowErrors file={file} />
      </Stack>
    </Card>
  )
}

function RowErrors({ file }: { file: UploadedFile }) {
  const errors = file.rejected ?? []
  if (errors.length === 0) return null
  const listed = errors.length
  const all = file.rejected_rows ?? listed
  const more = all - SHOWN_ROWS
  return (
    <>
      <List size="sm" spacing={2}>
        {errors.slice(0, SHOWN_ROWS).map((one) => (
          <List.Item key={`${one.row} ${one.column}`}>
            Row {one.row}, {one.column}: {discreet(one.reason)}
          </List.Item>
        ))}
        {more > 0 && <List.Item>and {number(more)} more</List.Item>}
      </List>
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => downloadCsv(`${file.name}-errors.csv`, errorRows(file))}
        >
          {listed < all ? `Download the first ${number(listed)} as CSV` : "Download these rows as CSV"}
        </Button>
      </Group>
    </>
  )
}
