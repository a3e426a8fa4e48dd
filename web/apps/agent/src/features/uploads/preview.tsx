import { Alert, Badge, Button, Group } from "@mantine/core"
import { ScrollRegion } from "@tradertape/ui/components/scroll-region.tsx"
import { Section } from "@tradertape/ui/components/section.tsx"
import { accountName, count, discreet, number } from "@tradertape/ui/format.ts"
import { Download, Send } from "lucide-react"
import type { Rewritten, SentFile, UploadColumn } from "@/lib/types"
import { bytesOf } from "./base64"
import classes from "./uploads.module.css"

const TREATMENTS: Record<UploadColumn["treatment"], { text: string; color: string }> = {
  scaled: { text: "Scaled", color: "iris" },
  hidden: { text: "Replaced", color: "iris" },
  kept: { text: "As it is", color: "gray" },
  left_out: { text: "Left out", color: "yellow" },
}

const TITLES: Record<Rewritten["kind"], string> = {
  tradebook: "Tradebook",
  ledger: "Ledger",
  funds: "Account statement",
}

interface Props {
  made: Rewritten
  onSend: (acceptsDifference: boolean) => void
  isSending: boolean
  sent: SentFile | undefined
}

/** The rewritten file: what happens to each column, its first rows before and after, and what was sent of it. */
export function Preview({ made, onSend, isSending, sent }: Props) {
  return (
    <>
      {sent && <Outcome sent={sent} onAccept={() => onSend(true)} isSending={isSending} />}
      <Section
        title={`${TITLES[made.kind]}, ${count(made.rows, "row")}`}
        note={`${made.name}, ${number(made.bytes)} bytes${made.factor_id ? `, factor ${made.factor_id}` : ""}`}
        action={
          <Group gap="xs">
            <Button variant="default" leftSection={<Download size={15} />} onClick={() => save(made)}>
              Save the file
            </Button>
            <Button
              leftSection={<Send size={15} />}
              loading={isSending}
              disabled={sent?.state === "done" || sent?.state === "importing"}
              onClick={() => onSend(false)}
            >
              Send to the cloud
            </Button>
          </Group>
        }
      >
        <p className="tt-muted">{accountWords(made)}</p>
        <ul className={classes.columns} aria-label="Columns">
          {made.columns.map(({ name, treatment, why }) => (
            <li key={name}>
              <Badge color={TREATMENTS[treatment].color}>{TREATMENTS[treatment].text}</Badge> {name}
              {why && <span className="tt-muted">: {why}</span>}
            </li>
          ))}
        </ul>
        {made.left_out.map(({ rows, why }) => (
          <p key={why} className="tt-warn">
            {count(rows, "row")} left out: {why}
          </p>
        ))}
      </Section>
      {made.differences.map(({ name, stated, parsed }) => (
        <Alert key={name} color="yellow" variant="light" title="A total differs">
          {discreet(`${name}: the statement says ${stated}, its rows give ${parsed}.`)}
        </Alert>
      ))}
      {made.warnings.length > 0 && (
        <Alert color="yellow" variant="light" title="About the statement">
          {made.warnings.map((one) => (
            <p key={one}>{discreet(one)}</p>
          ))}
        </Alert>
      )}
      <Rows title="In your file" header={made.header} rows={made.before} />
      <Rows title="What would leave" header={made.header} rows={made.after} />
    </>
  )
}

/** Which account a file is of, and what the cloud calls it. */
function accountWords({ kind, client_id, account }: Rewritten): string {
  if (kind === "funds") return "Folio numbers leave as hashes: the same folio always becomes the same one."
  if (!client_id)
    return "The file names no account: its rows are taken for those of your only one at this broker."
  if (client_id === account) return `Of the account ${client_id}.`
  return `Of the account ${client_id}. The cloud gets a hash of it (${account}), and calls it ${accountName(account)}.`
}

interface OutcomeProps {
  sent: SentFile
  onAccept: () => void
  isSending: boolean
}

function Outcome({ sent, onAccept, isSending }: OutcomeProps) {
  if (sent.state === "held") {
    return (
      <Alert color="yellow" variant="light" role="status" title="Not imported: a total differs">
        <p>{sent.detail.replace(/ Nothing was imported.*$/s, "")}</p>
        <Button size="xs" variant="default" loading={isSending} onClick={onAccept}>
          Import it all the same
        </Button>
      </Alert>
    )
  }
  const known = sent.duplicates > 0 ? `, ${count(sent.duplicates, "row")} of earlier uploads` : ""
  return (
    <Alert color="green" variant="light" role="status" title="Sent">
      {sent.state === "importing"
        ? `${count(sent.rows, "row")} are being imported: the console shows the progress under Uploads.`
        : `${count(sent.imported, "new row")}${known}. The console shows it under Uploads, where it can be undone.`}
      {sent.warnings.map((one) => (
        <p key={one} className="tt-warn">
          {one}
        </p>
      ))}
    </Alert>
  )
}

function Rows({ title, header, rows }: { title: string; header: string[]; rows: string[][] }) {
  return (
    <Section title={title} note={`The first ${count(rows.length, "row")}.`} flush>
      <ScrollRegion label={`${title}, table`} className={classes.frame}>
        <table className={classes.table}>
          <thead>
            <tr>
              {header.map((one) => (
                <th key={one} scope="col">
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={place}>
                {row.map((cell, column) => (
                  <td key={header[column]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Section>
  )
}

function save(made: Rewritten): void {
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
  const url = URL.createObjectURL(new Blob([bytesOf(made.content)], { type }))
  const link = Object.assign(document.createElement("a"), { href: url, download: made.name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url))
}
