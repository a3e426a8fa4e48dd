import { Autocomplete, Button, Group, Input, Rating, Stack, TagsInput, Textarea } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { number } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { PriceInput } from "@/components/forms/price-input"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { type Entry, journalCalls, refreshJournal, type Trip, type Words } from "@/lib/queries/journal"

interface Props {
  trip: Trip
  words: Words | undefined
  onSaved: () => void
}

/** What a person writes about a trade. Nothing is lost by a failed save: the fields keep it. */
export function EntryForm({ trip, words, onSaved }: Props) {
  const client = useQueryClient()
  const written = trip.entry
  const [entry, setEntry] = useState<Entry>({
    setup: written?.setup ?? "",
    tags: written?.tags ?? [],
    mistakes: written?.mistakes ?? [],
    rating: written?.rating ?? null,
    stop_price: written?.stop_price ?? null,
    note: written?.note ?? "",
  })
  const [isChanged, setChanged] = useState(false)
  const change = (next: Partial<Entry>) => {
    setEntry((before) => ({ ...before, ...next }))
    setChanged(true)
  }
  const save = useMutation({
    mutationFn: () => journalCalls.write(trip.key, entry),
    onSuccess: () => {
      setChanged(false)
      notifyDone("Written")
      onSaved()
      void refreshJournal(client)
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack gap="sm">
        <Autocomplete
          size="xs"
          label="Setup"
          placeholder={trip.setup || "Breakout"}
          description={
            trip.setup && !written?.setup ? `Until you write one: ${trip.setup}, which traded it.` : undefined
          }
          maxLength={60}
          data={words?.setups ?? []}
          value={entry.setup ?? ""}
          onChange={(setup) => change({ setup })}
        />
        <TagsInput
          size="xs"
          label="Tags"
          placeholder="gap, results"
          maxTags={20}
          data={words?.tags ?? []}
          value={entry.tags ?? []}
          onChange={(tags) => change({ tags })}
        />
        <TagsInput
          size="xs"
          label="Mistakes"
          placeholder="Choose, or write your own"
          maxTags={20}
          data={words?.mistakes ?? []}
          value={entry.mistakes ?? []}
          onChange={(mistakes) => change({ mistakes })}
        />
        <PriceInput
          label="Planned stop"
          step={0.05}
          description={
            trip.planned_stop && written?.stop_price == null
              ? `Until you write one: ${number(Number(trip.planned_stop), 2)}, that of the position.`
              : "For the result as a multiple of the risk."
          }
          value={entry.stop_price == null ? "" : Number(entry.stop_price)}
          onChange={(value) => change({ stop_price: value === "" ? null : String(value) })}
        />
        <Input.Wrapper label="How well was it traded?" size="xs" labelElement="div">
          <Group gap="xs">
            <Rating
              aria-label="How well was it traded?"
              value={entry.rating ?? 0}
              onChange={(rating) => change({ rating: rating === 0 ? null : rating })}
            />
            {entry.rating != null && (
              <Button size="compact-xs" variant="subtle" onClick={() => change({ rating: null })}>
                No rating
              </Button>
            )}
          </Group>
        </Input.Wrapper>
        <Textarea
          size="xs"
          label="Note"
          placeholder="Why it was taken, what happened, what to do differently"
          autosize
          minRows={4}
          maxRows={14}
          maxLength={20_000}
          value={entry.note ?? ""}
          onChange={(event) => change({ note: event.currentTarget.value })}
        />
        <Failure error={save.error} title="It was not saved" />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={!isChanged}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
