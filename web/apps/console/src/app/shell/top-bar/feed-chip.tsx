import { Tooltip } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { live, useFeedStatus } from "@/lib/live"
import { useNow } from "@/lib/use-now"
import { feedWords } from "./feed-words"
import classes from "./top-bar.module.css"

/** Where prices come from and whether they are current. */
export function FeedChip() {
  const status = useFeedStatus()
  const now = useNow(2_000)
  const lastMessageAt = live.lastMessageAt()
  const silent_s =
    lastMessageAt === 0 ? null : Math.max(0, Math.round((now.getTime() - lastMessageAt) / 1_000))
  const isPhone = useMediaQuery("(max-width: 699px)")
  const { tone, text, short, hint } = feedWords(status, silent_s)
  return (
    <Tooltip label={hint}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
      <span className={classes.chip} data-tone={tone} tabIndex={0}>
        <span className={classes.dot} aria-hidden />
        <span className={classes.words}>{isPhone ? short : text}</span>
      </span>
    </Tooltip>
  )
}
