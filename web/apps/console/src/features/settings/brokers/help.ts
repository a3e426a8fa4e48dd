/** Where a person finds the keys of a broker, and what must be registered there. */
export interface BrokerHelp {
  /** The broker's page for apps. */
  place: { href: string; label: string }
  steps: string[]
  keyLabel: string
  secretLabel: string
}

const HELP: Record<string, BrokerHelp> = {
  kite: {
    place: { href: "https://developers.kite.trade/apps", label: "developers.kite.trade" },
    steps: [
      "Create an app of the type “Connect” (or “Personal”, which is free of charge but has no live prices).",
      "Enter the redirect URL below in the app, exactly as it is.",
      "Copy the app's API key and API secret into this form.",
    ],
    keyLabel: "API key",
    secretLabel: "API secret",
  },
  upstox: {
    place: { href: "https://account.upstox.com/developer/apps", label: "account.upstox.com/developer/apps" },
    steps: [
      "Create an app.",
      "Enter the redirect URL below in the app, exactly as it is.",
      "Copy the app's API key and API secret into this form.",
    ],
    keyLabel: "API key",
    secretLabel: "API secret",
  },
  groww: {
    place: { href: "https://groww.in/trade-api/api-keys", label: "groww.in/trade-api/api-keys" },
    steps: [
      "Create a key: “TOTP token” to log in with a code of your authenticator app, or “API key” with a secret.",
      "With an API key and secret, approve the key on that page each day before you log in.",
      "Copy the key into this form. A TOTP token needs no secret here.",
    ],
    keyLabel: "API key or TOTP token",
    secretLabel: "API secret",
  },
}

const OTHER: BrokerHelp = {
  place: { href: "/docs/brokers/", label: "Brokers in the documentation" },
  steps: ["Create an app on the broker's page for developers.", "Copy its keys into this form."],
  keyLabel: "API key",
  secretLabel: "API secret",
}

export function helpFor(broker: string): BrokerHelp {
  return HELP[broker] ?? OTHER
}
