import { ActionIcon, Button, FileButton, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { instant } from "@tradertape/ui/format.ts"
import { Trash2 } from "lucide-react"
import { useEffect, useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Failure } from "@/components/states/failure"
import { notifyFailure } from "@/lib/notify"
import { journalCalls, refreshJournal, type Screenshot, screenshotUrl } from "@/lib/queries/journal"
import classes from "./journal.module.css"

interface Props {
  tripKey: string
  pictures: Screenshot[]
  onChanged: () => void
}

const ACCEPTED = "image/png,image/jpeg,image/webp"

/** Pictures of a trade: dropped, pasted or chosen; opened in a tab of their own. */
export function Screenshots({ tripKey, pictures, onChanged }: Props) {
  const client = useQueryClient()
  const [isOver, setOver] = useState(false)
  const [leaving, setLeaving] = useState<Screenshot | null>(null)
  const settled = () => {
    onChanged()
    void refreshJournal(client)
  }
  const add = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) await journalCalls.addScreenshot(tripKey, file)
    },
    onSettled: settled,
  })
  const remove = useMutation({
    mutationFn: (id: number) => journalCalls.deleteScreenshot(id),
    onError: (error) => notifyFailure("The screenshot was not deleted", error),
    onSettled: () => {
      setLeaving(null)
      settled()
    },
  })
  const { mutate } = add
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])].filter(({ type }) => type.startsWith("image/"))
      if (files.length > 0) mutate(files)
    }
    document.addEventListener("paste", paste)
    return () => document.removeEventListener("paste", paste)
  }, [mutate])
  return (
    <Stack gap="sm">
      <Text size="sm" fw={600}>
        Screenshots
      </Text>
      <section
        aria-label="Add screenshots"
        className={classes.zone}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          const files = [...event.dataTransfer.files]
          if (!add.isPending && files.length > 0) add.mutate(files)
        }}
      >
        <Text size="sm" c="dimmed" mb={6}>
          Drop or paste a picture, or
        </Text>
        <FileButton
          multiple
          accept={ACCEPTED}
          onChange={(files) => files.length > 0 && add.mutate(files)}
          inputProps={{ "aria-label": "Screenshots" }}
        >
          {(open) => (
            <Button {...open} size="compact-sm" variant="default" loading={add.isPending}>
              Choose files
            </Button>
          )}
        </FileButton>
      </section>
      <Failure error={add.error} title="A screenshot was not added" />
      <ul className={classes.pictures}>
        {pictures.map((one, place) => (
          <li key={one.id}>
            <a href={screenshotUrl(one.id)} target="_blank" rel="noreferrer">
              <img src={screenshotUrl(one.id)} alt={`Screenshot ${place + 1}`} loading="lazy" />
            </a>
            <Text size="xs" c="dimmed" component="div" display="flex">
              {instant(one.created_at)}
              <ActionIcon
                size="xs"
                ml="auto"
                aria-label={`Delete screenshot ${place + 1}`}
                onClick={() => setLeaving(one)}
              >
                <Trash2 size={13} />
              </ActionIcon>
            </Text>
          </li>
        ))}
      </ul>
      {leaving && (
        <Confirm
          opened
          title="Delete this screenshot?"
          verb="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(leaving.id)}
          onClose={() => setLeaving(null)}
        >
          It cannot be brought back.
        </Confirm>
      )}
    </Stack>
  )
}
