import { moment, words } from "@tradertape/ui/format.ts"
import type { TimelineEvent } from "@/lib/queries/workers"
import { ruleWords } from "../../words"

export type Tone = "alarm" | "warn" | "good" | "plain"

const GOOD = new Set([
  "order_filled",
  "order_completed",
  "run_created",
  "exit_done",
  "protection_exited",
  "protection_done",
])
const WARN = new Set([
  "order_denied",
  "order_rejected",
  "order_in_doubt",
  "run_exiting",
  "exit_requested",
  "cancel_refused",
  "modify_refused",
])
const ALARM = new Set(["protection_triggered", "protection_failed", "exit_failed", "run_error", "run_halted"])

/** Titles where the type's own words say too little. */
const TITLES: Record<string, string> = { position_marked: "Daily mark-to-market" }

/** How prominently to show an event. */
export function toneOf({ event_type }: TimelineEvent): Tone {
  if (ALARM.has(event_type) || event_type.includes("kill_switch")) return "alarm"
  if (WARN.has(event_type)) return "warn"
  return GOOD.has(event_type) ? "good" : "plain"
}

/** The title of an event: the rule that fired, else the event type. */
export function titleOf({ event_type, payload }: TimelineEvent): string {
  if (event_type === "protection_triggered" && typeof payload.rule === "string")
    return `${ruleWords(payload.rule)} triggered`
  return TITLES[event_type] ?? words(event_type.replaceAll(".", " "))
}

/** A timestamp in a payload: "2026-11-22T18:30:00.522681+00:00". */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** The fields of a payload in their order, nested ones as JSON, without empty ones. */
export function detailsOf(payload: Record<string, unknown>): [name: string, text: string][] {
  return Object.entries(payload).flatMap(([key, value]): [string, string][] => {
    if (value === null || value === undefined || value === "") return []
    if (typeof value === "object") {
      const text = JSON.stringify(value, null, 1)
      return text === "{}" || text === "[]" ? [] : [[words(key), text]]
    }
    return [[words(key), INSTANT.test(String(value)) ? `${moment(String(value))} IST` : String(value)]]
  })
}
