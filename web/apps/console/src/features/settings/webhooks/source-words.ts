import type { Hook } from "@/lib/queries/notifications"

/** What a sender of alerts is called, and how it proves who it is. */
export const SOURCES: Record<Hook["source"], { title: string; risk: string }> = {
  signed: {
    title: "Signed",
    risk: "Each alert is signed with the secret, as standardwebhooks.com describes, and counts once.",
  },
  tradingview: {
    title: "TradingView",
    risk: "TradingView cannot sign. Whoever reads the alert's text can send alerts as you: keep `time` in it, so that an old one is refused, and delete the webhook if it leaks.",
  },
  chartink: {
    title: "Chartink",
    risk: "Chartink can neither sign nor send a secret. Whoever knows the address can send alerts as you: treat it as a password.",
  },
}

/** The text to paste into a TradingView alert. */
export const tradingViewText = (secret: string) =>
  JSON.stringify(
    {
      secret,
      symbol: "{{ticker}}",
      exchange: "{{exchange}}",
      action: "buy",
      price: "{{close}}",
      time: "{{timenow}}",
    },
    null,
    2,
  )
