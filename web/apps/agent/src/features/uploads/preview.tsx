import { Alert, Badge, Button } from "@mantine/core"
import { ScrollRegion } from "@tradertape/ui/components/scroll-region.tsx"
import { Section } from "@tradertape/ui/components/section.tsx"
import { count, number } from "@tradertape/ui/format.ts"
import { Download } from "lucide-react"
import type { Rewritten, UploadColumn } from "@/lib/types"
import { bytesOf } from "./base64"
import classes from "./uploads.module.css"

const TREATMENTS: Record<UploadColumn["treatment"], { text: string; color: string }> = {
  scaled: { text: "Scaled", color: "iris" },
  hidden: { text: "Replaced", color: "iris" },
  kept: { text: "As it is", color: "gray" },
  left_out: { text: "Left out", color: "yellow" },
}

/** The rewritten file: what happens to each column, its first rows before and after, and the file itself. */
export function Preview({ made }: { made: Rewritten }) {
  return (
    <>
      {!made.takes_uploads && (
        <Alert color="gray" variant="light" title="The server does not take uploads yet">
          Nothing was sent. Save the rewritten file to see exactly what would leave this machine.
        </Alert>
      )}
      <Section
        title={`${made.kind === "tradebook" ? "Tradebook" : "Ledger"}, ${count(made.rows, "row")}`}
        note={`${made.name}, ${number(made.bytes)} bytes${made.factor_id ? `, factor ${made.factor_id}` : ""}`}
        action={
          <Button leftSection={<Download size={15} />} onClick={() => save(made)}>
            Save the file
          </Button>
        }
      >
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
      <Rows title="In your file" header={made.header} rows={made.before} />
      <Rows title="What would leave" header={made.header} rows={made.after} />
    </>
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
