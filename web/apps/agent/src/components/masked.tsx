import { Tooltip } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { VenetianMask } from "lucide-react"
import { statusQuery } from "@/lib/queries"
import type { PrivacyMode } from "@/lib/types"

const HINTS: Record<Exclude<PrivacyMode, "off">, string> = {
  relative: "Real here. The cloud sees quantities and amounts times your secret factor.",
  coarse: "Real here. The cloud sees rounded percentages.",
  sealed: "Real here. The cloud gets holdings encrypted.",
  seed_literal: "Real here. The cloud sees quantities, amounts and prices times your secret factor.",
}

/** Beside figures that the cloud does not see as they are; nothing where it does. */
export function Masked() {
  const { data } = useQuery(statusQuery)
  if (!data || data.privacy === "off") return null
  const hint = HINTS[data.privacy]
  return (
    <Tooltip label={hint}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
      <span className="tt-muted" role="img" aria-label={hint} tabIndex={0} style={{ lineHeight: 0 }}>
        <VenetianMask size={16} />
      </span>
    </Tooltip>
  )
}
