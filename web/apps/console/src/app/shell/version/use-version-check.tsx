import { Button, Group, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useEffect } from "react"

const EVERY_MS = 5 * 60_000

/** Return the entry script of the page; its name changes with every build. */
export function entryScript(html: string): string {
  return /src="([^"]*\/index-[^"]+\.js)"/.exec(html)?.[1] ?? ""
}

function notify() {
  notifications.show({
    id: "new-version",
    autoClose: false,
    title: "A new version is available",
    message: (
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <Text size="xs">Finish what you are doing first; the page does not reload on its own.</Text>
        <Button onClick={() => window.location.reload()}>Reload</Button>
      </Group>
    ),
  })
}

/** Check periodically whether the server has a newer build, and notify. Never reloads. */
export function useVersionCheck(): void {
  useEffect(() => {
    const mine = entryScript(document.documentElement.outerHTML)
    if (!mine) return
    const timer = setInterval(async () => {
      const answer = await fetch("/", { cache: "no-store" }).catch(() => null)
      if (!answer?.ok) return
      const theirs = entryScript(await answer.text())
      if (theirs && theirs !== mine) {
        clearInterval(timer)
        notify()
      }
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
}
