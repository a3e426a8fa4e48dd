import { Tooltip } from "@mantine/core"
import classes from "./environment-chip.module.css"

export type Environment = "sandbox" | "live"

const WORDS: Record<Environment, { text: string; hint: string }> = {
  sandbox: { text: "SANDBOX", hint: "A simulated broker. Orders, shares and money here are not real." },
  live: { text: "LIVE", hint: "Your account at the broker: orders here move real money." },
}

/** Whether an account is real, or one of the sandbox. */
export function EnvironmentChip({ environment }: { environment: Environment }) {
  const { text, hint } = WORDS[environment]
  return (
    <Tooltip label={hint}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
      <span className={classes.environment} data-environment={environment} tabIndex={0}>
        {text}
      </span>
    </Tooltip>
  )
}
