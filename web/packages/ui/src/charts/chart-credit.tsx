import classes from "./charts.module.css"

/** The credit that the licence of the chart library asks for, beside the chart instead of on its candles. */
export function ChartCredit() {
  return (
    <a className={classes.credit} href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
      Chart: TradingView
    </a>
  )
}
