import classes from "./models.module.css"

/** Whether a portfolio trades on paper or with real money. */
export function ModeMark({ isPaper }: { isPaper: boolean }) {
  return (
    <span
      className={classes.mode}
      data-live={isPaper ? undefined : true}
      title={isPaper ? "Filled by the paper market. No real money moves." : "Trades with real money."}
    >
      {isPaper ? "PAPER" : "LIVE"}
    </span>
  )
}
