import { instant } from "@tradertape/ui/format.ts"

export interface MarketHours {
  demo: boolean
  session_start: string | null
  session_end: string | null
}

/** Whether orders are matched now, and until when. */
export function marketWords(hours: MarketHours, now: Date): { isOpen: boolean; text: string; hint: string } {
  const { demo, session_start: start, session_end: end } = hours
  const isOpen = start !== null && end !== null && now >= new Date(start) && now < new Date(end)
  if (isOpen && demo)
    return {
      isOpen,
      text: "Open in simulation",
      hint: "The exchange is closed now. The simulated market runs at any hour, so that you can try things.",
    }
  if (isOpen) return { isOpen, text: "Market open", hint: `Orders are matched until ${instant(end)}.` }
  return { isOpen, text: "Market closed", hint: "Orders rest until the next session, prices do not move." }
}
