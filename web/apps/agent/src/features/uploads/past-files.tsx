import { Alert, Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { count, moment } from "@tradertape/ui/format.ts"
import { useEffect, useRef } from "react"
import { reasonOf } from "@/lib/notify"
import { calls, pastFilesQuery } from "@/lib/queries"
import type { PastFile, SentFile } from "@/lib/types"
import classes from "./uploads.module.css"

const STATES: Record<PastFile["state"], string> = {
  sending: "being sent",
  answered: "the cloud took it",
  settled: "sent again since",
  refused: "the cloud refused it",
  interrupted: "no answer",
}

/**
 * Files that were sent. One whose answer is missing, because the agent stopped or the line broke, is sent again as it
 * was: the cloud counts no row twice, and says what it had.
 */
export function PastFiles() {
  const client = useQueryClient()
  const { data } = useQuery(pastFilesQuery)
  const asking = useMutation({
    mutationFn: async (file: PastFile) => ({ file, found: await calls.askAgain(file.number) }),
    onSettled: () => client.invalidateQueries({ queryKey: pastFilesQuery.queryKey }),
  })
  const { mutate } = asking
  const open = data?.find(({ state }) => state === "interrupted")
  const asked = useRef<number | null>(null)
  useEffect(() => {
    if (!open || asked.current === open.number) return
    asked.current = open.number // by itself once; after a failure the button asks
    mutate(open)
  }, [open, mutate])
  if (!data || data.length === 0) return null
  return (
    <Section title="Sent before" note="The newest first.">
      {asking.data && (
        <Alert
          color={asking.data.found.state === "done" ? "green" : "yellow"}
          variant="light"
          role="status"
          mb="sm"
        >
          {outcomeOf(asking.data.file, asking.data.found)}
        </Alert>
      )}
      {asking.error && open && (
        <Alert
          color="red"
          variant="light"
          role="alert"
          mb="sm"
          title="What became of the file is not known yet"
        >
          {reasonOf(asking.error)}{" "}
          <Button size="xs" variant="default" loading={asking.isPending} onClick={() => mutate(open)}>
            Ask again
          </Button>
        </Alert>
      )}
      <ul className={classes.columns} aria-label="Files sent before">
        {data.map((file) => (
          <li key={file.number}>
            {moment(file.at)}: {file.name}, {count(file.rows, "row")}, {STATES[file.state]}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function outcomeOf(file: PastFile, found: SentFile): string {
  const about = `The answer to ${file.name} was lost at ${moment(file.at)}.`
  if (found.state === "held")
    return `${about} It was not imported: ${found.detail} Choose the file again to import it.`
  if (found.state === "rejected") return `${about} It was not imported: ${found.detail}`
  if (found.state === "importing") return `${about} The cloud imports it now: the console shows the progress.`
  if (found.imported === 0)
    return `${about} The cloud had all of it: ${count(found.duplicates, "row")}, counted once.`
  const had = found.duplicates > 0 ? ` It had ${count(found.duplicates, "row")}, which are counted once.` : ""
  return `${about} It was sent again: ${count(found.imported, "new row")}.${had}`
}
