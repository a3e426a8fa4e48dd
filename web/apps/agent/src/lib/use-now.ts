import { useEffect, useState } from "react"

/** The current time, updated at an interval: only for texts such as "4 min ago". */
export function useNow(every_ms = 10_000): Date {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), every_ms)
    return () => clearInterval(timer)
  }, [every_ms])
  return now
}
