import { Alert, Button, Container, Stack, Text } from "@mantine/core"
import type { ErrorComponentProps } from "@tanstack/react-router"
import { CircleAlert } from "lucide-react"
import { useEffect, useRef } from "react"
import { ErrorState } from "@/components/states/error-state"
import { useFeedStatus } from "@/lib/live"
import { PageLoadError } from "../../page-loading"
import { VersionNotice } from "../version/version-notice"

/** Shown in place of a page that failed: its code could not be loaded, or raised an error. */
export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <Container size="sm" py="xl">
      {error instanceof PageLoadError ? (
        <UnloadedPage />
      ) : (
        <Stack>
          <ErrorState error={error} what="This page" retry={reset} />
          <Button component="a" href="/" variant="subtle" w="fit-content">
            Go to Home
          </Button>
        </Stack>
      )}
    </Container>
  )
}

/** Reload once an unreachable server answers again; a reachable one has been upgraded, so offer the new version. */
function UnloadedPage() {
  const { link } = useFeedStatus()
  const wasUnreachable = useRef(false)
  useEffect(() => {
    if (link === "lost") wasUnreachable.current = true
    if (link === "open" && wasUnreachable.current) window.location.reload()
  }, [link])
  if (link !== "lost" && !wasUnreachable.current) return <VersionNotice />
  return (
    <Alert
      color="red"
      variant="light"
      icon={<CircleAlert size={18} />}
      title="The server cannot be reached"
      role="alert"
    >
      <Text size="sm">
        This page loads automatically as soon as the server answers. Is TraderTape still running?
      </Text>
    </Alert>
  )
}
