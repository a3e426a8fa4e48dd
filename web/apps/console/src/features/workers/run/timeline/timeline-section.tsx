import { Anchor, Button, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { type EventKind, timelineQuery } from "@/lib/queries/workers"
import { EventRow } from "./event-row"
import classes from "./timeline.module.css"

const KINDS = [
  { value: "", label: "All" },
  { value: "execution", label: "Orders" },
  { value: "decision", label: "Decisions" },
  { value: "protection", label: "Protection" },
]
const FEW = 8

interface Props {
  id: string
  /** Only the newest events, with a link to all. */
  compact?: boolean
}

/** All events of a run, newest first, updated live. */
export function TimelineSection({ id, compact = false }: Props) {
  const [kind, setKind] = useState("")
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    timelineQuery(id, (kind || undefined) as EventKind | undefined),
  )
  const all = data?.pages.flat() ?? []
  const events = compact ? all.slice(0, FEW) : all
  return (
    <Section
      title="Timeline"
      note={compact ? "Latest events, times in IST." : "Newest first, times in IST; updated live."}
      action={
        compact ? (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link to="/workers/$id" params={{ id }} search={{ tab: "timeline" }} {...props} />
            )}
          >
            All events
          </Anchor>
        ) : (
          <SegmentedControl data={KINDS} value={kind} onChange={setKind} aria-label="Kind of event" />
        )
      }
    >
      {error && !data ? (
        <ErrorState error={error} what="The timeline" retry={refetch} />
      ) : !data ? (
        <Stack gap={8} role="status" aria-busy aria-label="Loading the timeline">
          <Skeleton height={38} />
          <Skeleton height={38} />
          <Skeleton height={38} />
        </Stack>
      ) : events.length === 0 ? (
        <Text size="sm" c="dimmed">
          No events of this kind yet.
        </Text>
      ) : (
        <ol className={classes.list} aria-live="polite" aria-relevant="additions">
          {events.map((event) => (
            <EventRow key={event.cursor} event={event} />
          ))}
        </ol>
      )}
      {!compact && hasNextPage && (
        <Button variant="default" mt="sm" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Earlier events
        </Button>
      )}
    </Section>
  )
}
