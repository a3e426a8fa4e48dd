import qrcode from "qrcode-generator"
import { useMemo } from "react"
import classes from "./qr-code.module.css"

const QUIET = 4

/** A text as a QR code, drawn in the browser: its content is sent nowhere. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => modules(text), [text])
  const whole = size + 2 * QUIET
  return (
    <svg className={classes.root} viewBox={`0 0 ${whole} ${whole}`} role="img" aria-label={label}>
      <path d={path} transform={`translate(${QUIET} ${QUIET})`} />
    </svg>
  )
}

/** How many modules a side has, and the dark ones as one path. */
function modules(text: string): { size: number; path: string } {
  const code = qrcode(0, "M")
  code.addData(text)
  code.make()
  const size = code.getModuleCount()
  const sides = [...Array(size).keys()]
  const dark = sides.flatMap((y) => sides.filter((x) => code.isDark(y, x)).map((x) => `M${x} ${y}h1v1h-1z`))
  return { size, path: dark.join("") }
}
