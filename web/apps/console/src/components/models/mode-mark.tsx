import classes from "./models.module.css"

interface Props {
  isPaper: boolean
  /** Who sends the orders of a live portfolio. */
  placedBy?: "server" | "agent"
}

const HINTS = {
  paper: "Filled by the paper market. No real money moves.",
  server: "Trades with real money: this server sends its orders to your broker.",
  agent: "Trades with real money: the agent on your own machine sends its orders.",
}

/** Whether a portfolio trades on paper or with real money, and where an agent sends its orders. */
export function ModeMark({ isPaper, placedBy = "server" }: Props) {
  return (
    <span
      className={classes.mode}
      data-live={isPaper ? undefined : true}
      title={HINTS[isPaper ? "paper" : placedBy]}
    >
      {isPaper ? "PAPER" : placedBy === "agent" ? "LIVE · AGENT" : "LIVE"}
    </span>
  )
}
