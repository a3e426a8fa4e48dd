import { useEffect, useState } from "react"

/** The time of this browser, renewed every half minute: for "4 min ago" and nothing else. */
export function useNow(every_ms = 30_000): Date {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), every_ms)
    return () => clearInterval(timer)
  }, [every_ms])
  return now
}
