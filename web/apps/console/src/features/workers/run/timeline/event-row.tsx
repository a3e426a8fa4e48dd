import { UnstyledButton } from "@mantine/core"
import { discreet, moment } from "@tradertape/ui/format.ts"
import { ChevronDown, ChevronRight } from "lucide-react"
import { useState } from "react"
import type { TimelineEvent } from "@/lib/queries/workers"
import { detailsOf, titleOf, toneOf } from "./event-words"
import classes from "./timeline.module.css"

/** One event: title, message, and details on demand. */
export function EventRow({ event }: { event: TimelineEvent }) {
  const [isOpen, setOpen] = useState(false)
  const Arrow = isOpen ? ChevronDown : ChevronRight
  return (
    <li className={classes.event} data-tone={toneOf(event)}>
      <div className={classes.line}>
        <span className={classes.title}>{titleOf(event)}</span>
        <time className={classes.time} dateTime={event.created_at}>
          {moment(event.created_at)}
        </time>
        <span className={classes.summary}>{discreet(event.summary)}</span>
        <UnstyledButton
          className={classes.more}
          aria-expanded={isOpen}
          aria-label={`Details of event ${event.cursor}`}
          onClick={() => setOpen(!isOpen)}
        >
          <Arrow size={15} aria-hidden />
        </UnstyledButton>
      </div>
      {isOpen && (
        <dl className={classes.details}>
          {detailsOf(event.payload).map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{discreet(text)}</dd>
            </div>
          ))}
          <div>
            <dt>Cursor</dt>
            <dd>
              {event.cursor}, {event.event_kind} by {event.event_source}
            </dd>
          </div>
        </dl>
      )}
    </li>
  )
}
