import { Badge } from "@mantine/core"
import { words } from "@tradertape/ui/format.ts"
import type { Market, RunPulse } from "@/lib/queries/workers"
import { attentionWords, healthWords, MARKET_WORDS, protectionWords } from "./words"
import classes from "./workers.module.css"

export function ModeBadge({ market }: { market: Market }) {
  return (
    <span className={classes.mode} data-mode={market}>
      {MARKET_WORDS[market]}
    </span>
  )
}

const COLORS: Record<string, string> = {
  open: "iris",
  exiting: "yellow",
  halted: "red",
  error: "red",
  recovering: "yellow",
  closed: "gray",
}

export function StatusBadge({ status }: { status: string }) {
  return <Badge color={COLORS[status] ?? "gray"}>{words(status)}</Badge>
}

const PROTECTION_COLORS: Record<string, string> = {
  Armed: "green",
  Triggered: "red",
  Exiting: "yellow",
  Failed: "red",
}

export function ProtectionBadge({ status, isOver }: { status: string; isOver: boolean }) {
  const text = protectionWords(status, isOver)
  return <Badge color={PROTECTION_COLORS[text] ?? "gray"}>{text}</Badge>
}

/** Problems that need attention, except those that the status and health badges already show. */
export function AttentionBadges({ pulse }: { pulse: Pick<RunPulse, "attention" | "status"> }) {
  return pulse.attention
    .filter((code) => code !== pulse.status && code !== "worker_silent")
    .map((code) => (
      <Badge key={code} color="red">
        {attentionWords(code)}
      </Badge>
    ))
}

/** A coloured dot with a text, so that no information is in colour alone. */
export function Health({ pulse }: { pulse: Pick<RunPulse, "health" | "status"> }) {
  const { tone, text } = healthWords(pulse)
  return (
    <span className={classes.health} data-tone={tone} data-live>
      <span className={classes.dot} aria-hidden />
      {text}
    </span>
  )
}
