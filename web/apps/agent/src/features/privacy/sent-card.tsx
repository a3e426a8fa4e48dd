import { Code, UnstyledButton } from "@mantine/core"
import { moment, number } from "@tradertape/ui/format.ts"
import { ChevronRight } from "lucide-react"
import { useState } from "react"
import type { Sent } from "@/lib/types"
import classes from "./privacy.module.css"

/** One request: when, where, what came of it, and its bytes. */
export function SentCard({ sent }: { sent: Sent }) {
  const [isOpen, setOpen] = useState(false)
  const head = (
    <>
      <span className={classes.path}>
        {sent.method} {sent.path}
      </span>
      <span className={classes.facts}>
        {moment(sent.at)} · {number(sent.bytes)} bytes · {sent.outcome || "not answered"}
      </span>
    </>
  )
  if (sent.bytes === 0) return <div className={classes.sent}>{head}</div>
  return (
    <div>
      <UnstyledButton className={classes.sent} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight size={14} className={classes.arrow} data-open={isOpen || undefined} aria-hidden />
        {head}
      </UnstyledButton>
      {isOpen && (
        <Code block className={classes.body}>
          {sent.body}
        </Code>
      )}
    </div>
  )
}
