import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { discreet } from "@tradertape/ui/format.ts"
import { FolderCheck } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { PlainTable } from "@/components/table/plain-table"
import { notifyFailure } from "@/lib/notify"
import { journalCalls, type LostEntry, refreshJournal } from "@/lib/queries/journal"
import type { TabProps } from "./tab-props"

/** What was written about trades that there are no longer. */
export function LostTab({ queries }: TabProps) {
  const client = useQueryClient()
  const query = useQuery(queries.lost)
  const [leaving, setLeaving] = useState<LostEntry | null>(null)
  const remove = useMutation({
    mutationFn: (key: string) => journalCalls.deleteLost(key),
    onError: (error) => notifyFailure("It was not deleted", error),
    onSettled: () => {
      setLeaving(null)
      void refreshJournal(client)
    },
  })
  return (
    <Loaded query={query} what="What you wrote">
      {(found) => (
        <Section
          title="Trades that are no longer there"
          note="An upload was undone, an older file moved where a trade begins, or a paper portfolio was reset. Import the file again and they are back."
          flush
        >
          {found.length === 0 ? (
            <EmptyState icon={<FolderCheck size={28} />} title="Nothing is missing">
              All that you wrote belongs to a trade of your journal.
            </EmptyState>
          ) : (
            <PlainTable
              label="Trades that are no longer there"
              rows={found}
              columns={columns(setLeaving)}
              rowKey={(row) => row.trip_key}
              minWidth={720}
            />
          )}
          {leaving && (
            <Confirm
              opened
              title={`Delete what you wrote about ${leaving.symbol}?`}
              verb="Delete"
              isBusy={remove.isPending}
              onConfirm={() => remove.mutate(leaving.trip_key)}
              onClose={() => setLeaving(null)}
            >
              The note and its screenshots are deleted. This cannot be undone.
            </Confirm>
          )}
        </Section>
      )}
    </Loaded>
  )
}

function columns(onDelete: (entry: LostEntry) => void): Column<LostEntry>[] {
  const of = columnsOf<LostEntry>()
  return [
    of.text("symbol", "Trade", (row) => row.symbol),
    of.day("opened", "Opened", (row) => row.opened_on),
    of.text("setup", "Setup", (row) => row.entry.setup ?? ""),
    of.text("note", "Note", (row) => discreet(row.entry.note ?? "").slice(0, 120)),
    of.number("screenshots", "Screenshots", (row) => row.screenshots),
    {
      id: "action",
      header: "",
      value: () => null,
      cell: (row) => (
        <Button size="compact-xs" variant="subtle" color="red" onClick={() => onDelete(row)}>
          Delete
        </Button>
      ),
    },
  ]
}
