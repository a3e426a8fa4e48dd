import { Anchor, Badge, Button, Progress, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { accountName, discreet, moment, number } from "@tradertape/ui/format.ts"
import { FileUp } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type UploadedFile, uploadCalls, uploadsQuery } from "@/lib/queries/uploads"
import { errorsLink, STATES } from "./words"

/** The uploads so far, with the progress of those being imported, and undo. */
export function History() {
  const { data, error, refetch } = useQuery(uploadsQuery)
  const client = useQueryClient()
  const [leaving, setLeaving] = useState<UploadedFile | null>(null)
  const undoing = useMutation({
    mutationFn: (id: number) => uploadCalls.undo(id),
    onSuccess: () => notifyDone("The upload is undone"),
    onError: (failure) => notifyFailure("The upload is not undone", failure),
    onSettled: () => {
      setLeaving(null)
      void client.invalidateQueries({ queryKey: uploadsQuery.queryKey })
    },
  })
  if (error && !data) return <ErrorState error={error} what="The uploads" retry={() => void refetch()} />
  if (data?.items.length === 0) {
    return (
      <EmptyState icon={<FileUp size={32} />} title="Nothing uploaded yet">
        Drop the tradebooks of your broker above: all quarters at once, also those that overlap.
      </EmptyState>
    )
  }
  return (
    <>
      <PlainTable
        label="Uploads"
        rows={data?.items ?? []}
        columns={columnsWith(setLeaving)}
        rowKey={(file) => String(file.id)}
        minWidth={720}
      />
      <Confirm
        opened={leaving !== null}
        title={`Undo ${leaving?.name ?? ""}?`}
        verb="Undo the upload"
        isBusy={undoing.isPending}
        onClose={() => setLeaving(null)}
        onConfirm={() => leaving?.id && undoing.mutate(leaving.id)}
      >
        Its rows are removed. Rows that another upload has too remain.
      </Confirm>
    </>
  )
}

function columnsWith(onUndo: (file: UploadedFile) => void): Column<UploadedFile>[] {
  return [
    { id: "name", header: "File", isText: true, value: (file) => file.name, cell: (file) => file.name },
    {
      id: "broker",
      header: "Broker",
      isText: true,
      value: (file) => file.broker ?? null,
      cell: (file) => [file.broker, accountName(file.account ?? "")].filter(Boolean).join(", ") || "—",
    },
    {
      id: "state",
      header: "State",
      isText: true,
      value: (file) => file.state,
      cell: (file) => <State file={file} />,
    },
    {
      id: "imported",
      header: "New rows",
      value: (file) => file.imported ?? 0,
      cell: (file) => number(file.imported ?? 0),
    },
    {
      id: "known",
      header: "Duplicates",
      value: (file) => file.duplicates ?? 0,
      cell: (file) => number(file.duplicates ?? 0),
    },
    {
      id: "at",
      header: "Uploaded",
      isText: true,
      value: (file) => file.created_at ?? null,
      cell: (file) => moment(file.created_at),
    },
    {
      id: "undo",
      header: "Action",
      isPinned: true,
      value: () => null,
      cell: (file) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Undo ${file.name}`}
          onClick={() => onUndo(file)}
        >
          {file.state === "rejected" || file.state === "failed" ? "Remove" : "Undo"}
        </Button>
      ),
    },
  ]
}

function State({ file }: { file: UploadedFile }) {
  const state = STATES[file.state]
  const errors = errorsLink(file)
  if (file.state !== "importing") {
    return (
      <Stack gap={2} align="flex-start" py={6}>
        <Badge color={state.color}>{state.label}</Badge>
        {(file.state === "failed" || file.state === "rejected") && (
          <Text size="xs" maw="32ch" style={{ whiteSpace: "normal" }}>
            {discreet(file.detail ?? "")}
          </Text>
        )}
        {errors && (
          <Anchor size="xs" href={errors} download>
            Rows that cannot be read (CSV)
          </Anchor>
        )}
      </Stack>
    )
  }
  const whole = file.to_store || 1
  const part = (100 * (file.stored ?? 0)) / whole
  return (
    <Stack gap={2}>
      <Text size="xs">
        {number(file.stored ?? 0)} of {number(whole)}
      </Text>
      <Progress value={part} aria-label={`Import of ${file.name}`} />
    </Stack>
  )
}
