import { exact, signedPercent } from "../format.ts"
import { Masked } from "./masked.tsx"

interface Props {
  value: number | null | undefined
  kind?: "percent" | "money"
  decimals?: number
  /** What the value must exceed to be shown as a gain: the benchmark's. */
  against?: number | null | undefined
}

/** A gain or loss with arrow, sign and colour, so that no information is in colour alone. */
export function Delta({ value, kind = "percent", decimals, against }: Props) {
  if (value === null || value === undefined) return <span className="tt-num tt-muted">–</span>
  const text =
    kind === "money" ? exact.signedMoney(value, decimals ?? 0) : signedPercent(value, decimals ?? 1)
  const isFlat = !/[1-9]/.test(text)
  const isBeaten = value > 0 && against != null && value <= against
  const tone = isFlat || isBeaten ? "tt-muted" : value > 0 ? "tt-gain" : "tt-loss"
  const arrow = (
    <span aria-hidden style={{ fontSize: "0.72em", verticalAlign: "0.1em" }}>
      {isFlat ? "" : value > 0 ? "▲ " : "▼ "}
    </span>
  )
  // The arrow says plus already; the minus stays, so that a copied figure keeps its sign.
  const shown = text.replace("+", "")
  const className = `tt-num ${tone}`
  if (kind === "money") return <Masked text={shown} className={className} before={arrow} />
  return (
    <span className={className}>
      {arrow}
      {shown}
    </span>
  )
}
